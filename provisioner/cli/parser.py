"""The command line: every command, and the module that has what is its own; only that of the command is loaded."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, TypeAlias

from provisioner.cli.options import add_verb, add_verbs, sentence

_DESCRIPTION = """\
Provision Gardener shoot infrastructure and workers on Alibaba Cloud with Terraform.

FILE is a YAML or JSON file, a directory of them, or - for standard input.
"""

_EPILOG = """\
exit codes:
  0    done; for `plan`: no changes        4    the state is locked by another run
  1    error                               5    the cloud refused
  2    plan found changes, adopt something 129, 130, 143  ended by SIGHUP, SIGINT, SIGTERM
  3    invalid input, or no consent

Try it offline:  provision apply examples/shoot.yaml --sandbox
"""


Table: TypeAlias = "dict[str, tuple[str, str | Table]]"
"""Commands by name: a line of help, and the module of `commands` that has the arguments, or the commands below."""

COMMANDS: Table = {
    "validate": ("check manifests without any cloud contact; all errors at once", "validate"),
    "render": ("write the Terraform root modules and their variables", "render"),
    "plan": ("show what apply would change; exit 0 no changes, 2 changes", "plan"),
    "apply": ("create or change what the manifests ask for", "apply"),
    "destroy": ("destroy everything the state holds of a shoot", "destroy"),
    "adopt": ("show the objects of a shoot that no state lists; exit 0 nothing, 2 something", "adopt"),
    "status": ("print InfrastructureStatus and WorkerStatus from the state", "status"),
    "state": (
        "the state log in the backup bucket: list, show, pull, history, diff, rollback, unlock, confirm-place, move",
        {
            "list": ("list the resources in the newest state", "state.list"),
            "show": ("show the attributes of all resources in the newest state, or of ADDRESS", "state.show"),
            "pull": ("print the newest state of a root module", "state.pull"),
            "history": (
                "list every version: when, by whom, in which operation, what it holds and what changed",
                "state.history",
            ),
            "diff": ("show what changed from version A to version B, or to the newest", "state.diff"),
            "rollback": ("make a former version the newest again; changes nothing in the cloud", "state.rollback"),
            "unlock": ("take the lease from a run that will not give it back; stop that run first", "state.unlock"),
            "confirm-place": (
                "record the place of a state that an older version stored, if none of its objects is left to show it",
                "state.confirm_place",
            ),
            "move": ("continue the log of another bucket in the bucket of the manifests", "state.move"),
        },
    ),
    "sandbox": (
        "the simulated Alibaba Cloud: info, serve, reset, add-image, fault, offer, quota",
        {
            "info": (
                "show the sandbox's `id` and count its objects: `resources` by type over all accounts, and `total`",
                "sandbox.info",
            ),
            "serve": (
                "serve the sandbox on loopback, HTTP and TLS, until interrupted; prints settings to paste for "
                "terraform, the SDKs, oss2 and the aliyun CLI",
                "sandbox.serve",
            ),
            "reset": ("forget every resource, bucket and account of the sandbox", "sandbox.reset"),
            "add-image": ("make a custom image known to the sandbox", "sandbox.add_image"),
            "fault": ("let calls to the sandbox fail on demand: add, list, clear", "sandbox.fault"),
            "offer": ("change what the sandbox sells in its zones: set, list", "sandbox.offer"),
            "quota": ("change how much the sandbox lets an account have: set, list", "sandbox.quota"),
        },
    ),
}


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments; for help or a usage error, print that and exit."""
    parser = build_parser(argv)
    arguments = parser.parse_args(argv)
    if arguments.version:
        from provisioner import __version__

        parser.exit(0, f"provision {__version__}\n")
    if arguments.help_of is not None:
        arguments.help_of.print_help()
        raise SystemExit(0 if not argv else 3)
    return arguments


def _width() -> int:
    """Return the width of help. Left to argparse, it would import shutil, and with it every compression module."""
    try:
        width = os.get_terminal_size().columns
    except OSError:
        width = 80
    return max(60, min(width, 120)) - 2


def _format_help(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, width=_width())


def _format_command_help(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=_width())


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _format_command_help, **options})

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse declares NoReturn; exit() never returns
        """Print the usage and exit with 3, the code for invalid input."""
        from provisioner.api.text import printable

        self.print_usage(sys.stderr)
        self.exit(3, printable(f"{self.prog}: error: {message}") + "\n")


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """
    Return the parser with all commands; only the command that `words` name gets what is its own.

    To import every command's module and to build its arguments would cost more than the rest of `provision --help`.
    """
    parser = _Parser(
        prog="provision",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_format_help,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    _add_commands(parser, COMMANDS, words)
    return parser


def _add_commands(parser: argparse.ArgumentParser, table: Table, words: Sequence[str]) -> None:
    commands = add_verbs(parser)
    named = next((word for word in words if word in table), None)
    for name, (help, content) in table.items():
        if name != named:
            commands.add_parser(name, help=help, add_help=False)
        elif isinstance(content, str):
            command = add_verb(commands, name, help)
            command.set_defaults(module=content)
            importlib.import_module(f"provisioner.cli.commands.{content}").add_arguments(command)
        else:
            group = commands.add_parser(name, help=help, description=sentence(help))
            _add_commands(group, content, words[words.index(name) + 1 :])
