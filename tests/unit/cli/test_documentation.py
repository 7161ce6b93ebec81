"""README.md and docs/ say what the program does; `python docs/generate.py` writes what is generated."""

import argparse
import re
from dataclasses import fields
from pathlib import Path

import pytest

from docs.generate import (
    BEGIN,
    DOCS,
    END,
    OTHER_SETTINGS,
    README,
    documented_settings,
    pages,
    parsers,
    render_command_table,
    render_commands,
    render_settings,
)
from provisioner import errors
from provisioner.gardener_codes import _PATTERNS
from provisioner.settings import Settings

PACKAGE = Path(errors.__file__).parent
PARSERS = list(parsers())


def arguments_of(parser):
    return [action for action in parser._actions if not isinstance(action, argparse._SubParsersAction)]


@pytest.mark.parametrize(("page", "text"), list(pages()), ids=lambda value: getattr(value, "name", ""))
def test_page_is_fresh(page, text):
    assert page.is_file() and page.read_text(encoding="utf-8") == text, "run: python docs/generate.py"


@pytest.mark.parametrize("page", [DOCS / "errors.md", DOCS / "validation.md", README], ids=lambda page: page.name)
def test_page_has_one_generated_part(page):
    text = page.read_text(encoding="utf-8")
    assert (text.count(BEGIN), text.count(END)) == (1, 1)


@pytest.mark.parametrize("parser", PARSERS[1:], ids=lambda parser: parser.prog)
def test_readme_names_every_command_and_verb(parser):
    _, command, *verbs = parser.prog.split()
    (row,) = [row for row in render_command_table().splitlines() if row.startswith(f"| `provision {command} ")]
    # A verb's own verbs (`sandbox fault add`) are left to the commands page.
    assert set(verbs[:1]) <= set(row.split("`")[1].split()[2].split("\\|"))


def test_settings_page_has_every_setting_of_the_program():
    assert [name for name, _ in documented_settings()] == [field.name for field in fields(Settings)]


def test_settings_page_has_every_variable_that_the_program_reads():
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    read = {name for source in sources for name in re.findall(r"PROVISION_[A-Z_]*[A-Z]", source)}
    assert set(re.findall(r"^\| `(PROVISION_[A-Z_]+)`", render_settings(), re.MULTILINE)) == read


def test_variable_is_documented_once():
    names = re.findall(r"^\| `(PROVISION_[A-Z_]+)`", render_settings(), re.MULTILINE)
    assert len(names) == len(set(names)) >= len(OTHER_SETTINGS) + len(fields(Settings))


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
