"""
The `provision` command: parsing, printing, exit codes; starts the sandbox when asked.

What does not live here: anything that another program (a controller, a test) would also want to do; that is a workflow.

Every command is a module of `commands/` with a function `run(arguments, console) -> int`, imported when it is used:
`provision --help` loads nothing but the parser.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see `provision --help` for what each code means)."""
    from provisioner.cli.parser import parse_arguments

    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)

    from provisioner.cli.run import run_command

    return run_command(arguments)
