"""What a command loads: its start is most of what a short command takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.cli.parser import COMMANDS

EXAMPLE = Path(__file__).parents[3] / "examples" / "shoot.yaml"
PROGRAM = """
import json, sys
from provisioner.cli import main
main(["validate", sys.argv[1]], is_own_process=True)
print(json.dumps(sorted(sys.modules)))
"""
HELP = """
import contextlib, io, json, sys
from provisioner.cli.parser import parse_arguments
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    parse_arguments([*sys.argv[2:], "--help"])
print(json.dumps(sorted(sys.modules)))
"""
PARSER = {"provisioner.cli", "provisioner.cli.options", "provisioner.cli.parser"}
ASKED_FOR_MORE = """
from pydantic.plugin._loader import PYDANTIC_ENTRY_POINT_GROUP, get_plugins
print(json.dumps([PYDANTIC_ENTRY_POINT_GROUP, list(get_plugins())]))
"""


def run(program, *arguments, **environment):
    """Run a program on the example, and return what the last line of its output says."""
    without = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}
    command = [sys.executable, "-c", program, str(EXAMPLE), *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=without | environment)
    return json.loads(output.stdout.splitlines()[-1])


def modules_of_commands(table=COMMANDS, above=()):
    """Yield the words of each command, and the module that has its arguments; None for what only has others below."""
    for name, (_, content) in table.items():
        yield (*above, name), content if isinstance(content, str) else None
        if not isinstance(content, str):
            yield from modules_of_commands(content, (*above, name))


def packages_and(module):
    """Return a module of `commands` with the packages that it is in."""
    parts = f"provisioner.cli.commands.{module}".split(".")
    return {".".join(parts[: number + 1]) for number in range(2, len(parts))}


@pytest.mark.parametrize(("words", "module"), [((), None), *modules_of_commands()], ids=str)
def test_help_loads_the_parser_and_the_module_of_its_command(words, module):
    loaded = {name for name in run(HELP, *words) if name.startswith("provisioner.")}
    assert loaded == PARSER | (packages_and(module) if module else set())


def test_validate_loads_no_room_but_those_that_read_and_check():
    rooms = {name.split(".")[1] for name in run(PROGRAM) if name.startswith("provisioner.")}
    assert rooms == {"api", "cli", "errors", "gardener", "ids", "manifests", "reports", "validation"}


def test_validate_loads_nothing_that_looks_for_plugins():
    assert {"importlib.metadata", "email", "socket", "logging"}.isdisjoint(run(PROGRAM))


def test_plugins_are_looked_for_only_where_they_are_wanted():
    assert "importlib.metadata" in run(PROGRAM, PYDANTIC_DISABLE_PLUGINS="none-of-these")


def test_what_else_pydantic_has_about_plugins_is_there():
    assert run(PROGRAM + ASKED_FOR_MORE) == ["pydantic", []]
