"""The arguments and options that several commands have. Imports nothing but argparse."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from provisioner.errors import ManifestError

Verbs: TypeAlias = "argparse._SubParsersAction[Any]"
"""The commands of a command."""
_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def add_verbs(parser: argparse.ArgumentParser) -> Verbs:
    """Let a command have commands of its own, without which it prints its help (`help_of`)."""
    parser.set_defaults(help_of=parser)
    return parser.add_subparsers(title="commands", metavar="COMMAND")


def add_verb(verbs: Verbs, name: str, help: str) -> argparse.ArgumentParser:
    """Add a command that has no others: it says `verb`, if its module has several."""
    added: argparse.ArgumentParser = verbs.add_parser(name, help=help, description=sentence(help))
    added.set_defaults(help_of=None, verb=name)
    return added


def refuse_value(error: ValueError, *positionals: str) -> ManifestError:
    """Return the error for a value that the sandbox refused with `name: reason`; `positionals` are no options."""
    from provisioner.errors import ManifestError

    name, _, detail = str(error).partition(": ")
    path = name.upper() if name in positionals else f"--{name}"
    return ManifestError.single("command line", path, "Invalid", detail)


def sentence(help: str) -> str:
    """Return a line of help as it stands above the help of its command."""
    return f"{help[0].upper()}{help[1:]}."


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the manifests."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="manifests: a file, a directory or -")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command: output and logging."""
    options = parser.add_argument_group("common options")
    options.add_argument(
        "-o", "--output", choices=("text", "json", "yaml"), default="text", help="how to print (default: text)"
    )
    options.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="warning",
        help="logs go to standard error (default: warning)",
    )


def add_consent(parser: argparse.ArgumentParser) -> None:
    """Add the option that agrees to all changes."""
    parser.add_argument("--yes", action="store_true", help="do not ask; needed without a terminal")


def add_lock(parser: argparse.ArgumentParser) -> None:
    """Add the wait for the lease of a state."""
    parser.add_argument(
        "--lock-timeout",
        type=_seconds,
        metavar="DUR",
        help="how long to wait while another run holds the state, such as 30s or 5m (default: 0s)",
    )


def add_cloud(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the cloud."""
    options = parser.add_argument_group("cloud options")
    options.add_argument("--sandbox", action="store_true", help="use the embedded simulated cloud; never asks")
    add_sandbox_dir(options)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add the choice of terraform and provider."""
    options = parser.add_argument_group("terraform options")
    options.add_argument(
        "--terraform",
        metavar="EXECUTABLE",
        help="terraform or tofu executable, or `bundled` (default: the one on PATH, else the bundled one)",
    )
    options.add_argument(
        "--provider",
        choices=("embedded", "real"),
        help="in the sandbox: the provider it brings (default), or the unmodified aliyun/alicloud provider, which is "
        "the executable that PROVISION_REAL_PROVIDER names, or what terraform finds",
    )


def add_changing(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command that changes the cloud."""
    add_files(parser)
    add_consent(parser)
    add_lock(parser)
    add_cloud(parser)
    add_engine(parser)
    add_common(parser)


def add_root(parser: argparse.ArgumentParser, default: str = "both") -> None:
    """Add the choice of the root module, which is required without a default."""
    parser.add_argument(
        "--root",
        choices=("infrastructure", "worker"),
        required=not default,
        help=f"only this root module (default: {default})" if default else "which root module",
    )


def add_number(parser: argparse.ArgumentParser) -> None:
    """Add the choice of a version of a state."""
    parser.add_argument("--number", type=int, metavar="N", help="version N instead of the newest")


def add_reveal(parser: argparse.ArgumentParser) -> None:
    """Add the option that shows sensitive values."""
    parser.add_argument("--reveal", action="store_true", help="do not mask sensitive values")


def add_sandbox_dir(parser: argparse._ActionsContainer) -> None:
    """Add the folder of the sandbox."""
    parser.add_argument("--sandbox-dir", metavar="DIR", help="where the sandbox keeps its cloud")


def _seconds(text: str) -> float:
    """Return a duration in Terraform's form: `30s`, `5m`, `1h30m`, `0`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if text == "0":
        return 0.0
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 30s, 5m or 1h30m")
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
