"""
The `provision` command: parsing, printing, exit codes; starts the sandbox when asked.

What does not live here: anything that another program (a controller, a test) would also want to do, which is a
workflow; and what a result looks like as text, JSON or YAML (`reports`).

Every command is a module of `commands/` with its arguments and a function `run(arguments, console, process) -> int`,
imported when it is named: `provision --help` loads nothing but the parser.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from provisioner.cli.process import Process

__all__ = ["entry_point", "main"]


def entry_point(process: Process | None = None) -> NoReturn:
    """Run the command of this process's command line (see `main`) and end the process with its exit code."""
    # Importing and building models makes many objects that all stay, 60,000 in an apply; looking through them for
    # cycles finds none and takes more than 10 ms each time.
    gc.set_threshold(200_000)
    _open_standard_streams()
    try:
        code = main(is_own_process=True, process=process)
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:
        code = 130
    except OSError:  # standard output cannot be written
        code = 1
    except SystemExit as error:  # from argparse
        code = error.code if isinstance(error.code, int) else 1
        with suppress(OSError):
            sys.stdout.flush()
    # Everything is closed and stored by now. What is left is the interpreter taking apart what it imported, which takes
    # a tenth of a second with grpc and pydantic.
    os._exit(code)


def main(argv: Sequence[str] | None = None, *, is_own_process: bool = False, process: Process | None = None) -> int:
    """
    Run one command and return its exit code (see `provision --help` for what each code means).

    With `is_own_process`, umask, logging and the like are set for the whole process. `process` is where the command
    takes environment and machine from; by default, from this process.
    """
    from provisioner.cli.parser import parse_arguments

    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)

    from provisioner.cli.process import Process
    from provisioner.cli.run import configure_process, run_command

    if is_own_process:
        configure_process(arguments)
    return run_command(arguments, process or Process(), is_own_process=is_own_process)


def _open_standard_streams() -> None:
    """Open what the caller closed (`>&-`): else the next file we open would get its number and our output."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is the one that is missing
            setattr(sys, name, open(number, "w" if number else "r"))  # noqa: SIM115, PTH123 - stays open
