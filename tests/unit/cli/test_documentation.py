"""docs/commands.md and docs/errors.md say what the program does; `python docs/generate.py` writes what is generated."""

import argparse

import pytest

from docs.generate import BEGIN, DOCS, END, parsers, render_commands, with_codes
from provisioner import errors
from provisioner.error_codes import _PATTERNS

PARSERS = list(parsers())


def arguments_of(parser):
    return [action for action in parser._actions if not isinstance(action, argparse._SubParsersAction)]


def test_commands_page_is_fresh():
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == render_commands(), "run: python docs/generate.py"


def test_table_of_codes_is_fresh():
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    assert (page.count(BEGIN), page.count(END)) == (1, 1)
    assert page == with_codes(page), "run: python docs/generate.py"


def test_width_of_the_terminal_does_not_change_the_page(monkeypatch):
    wide = render_commands()
    monkeypatch.setenv("COLUMNS", "40")
    assert render_commands() == wide


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)
def test_command_says_what_it_does(parser):
    assert parser.description and parser.description.strip()


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)
def test_every_argument_has_help(parser):
    assert [action.dest for action in arguments_of(parser) if not action.help] == []


@pytest.mark.parametrize("code", _PATTERNS)
def test_every_code_is_in_the_errors_page_with_a_meaning(code):
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    assert page.count(f"`{code}`") >= 2, "once in the generated table, once in the list of meanings"


@pytest.mark.parametrize(
    "error", [error for error in vars(errors).values() if isinstance(error, type) and hasattr(error, "exit_code")]
)
def test_every_exit_code_is_in_the_errors_page(error):
    assert f"| {error.exit_code} |" in (DOCS / "errors.md").read_text(encoding="utf-8")


def test_readme_links_every_page():
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in sorted(DOCS.glob("*.md")) if f"(docs/{page.name})" not in readme] == []
