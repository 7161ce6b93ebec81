"""The arguments and options that several commands have. Imports nothing but argparse."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.run.context import Consent

_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the manifests."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="manifests: a file, a directory or -")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every command has: how to print, what to log."""
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
    """Add the operator's consent to what changes."""
    parser.add_argument("--yes", action="store_true", help="do not ask; needed without a terminal")


def consent_of(arguments: argparse.Namespace) -> Consent:
    """Return what the command line agrees to; a sandbox's changes need no question."""
    from provisioner.run.context import Consent

    return Consent(
        to_changes=arguments.sandbox or getattr(arguments, "yes", False),
        to_replacements=getattr(arguments, "allow_replace", False),
        to_recreation=getattr(arguments, "recreate", False),
    )


def add_lock(parser: argparse.ArgumentParser) -> None:
    """Add how long to wait for the state."""
    parser.add_argument(
        "--lock-timeout",
        type=_seconds,
        metavar="DUR",
        help="wait so long while another run holds the state, such as 30s or 5m (default: 0s)",
    )


def add_cloud(parser: argparse.ArgumentParser) -> None:
    """Add which cloud to use."""
    options = parser.add_argument_group("cloud options")
    options.add_argument("--sandbox", action="store_true", help="use the embedded simulated cloud; never asks")
    add_sandbox_dir(options)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add which terraform to run, and with which provider."""
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


def add_sandbox_dir(parser: argparse._ActionsContainer) -> None:
    """Add where the sandbox is."""
    parser.add_argument("--sandbox-dir", metavar="DIR", help="where the sandbox keeps its cloud")


def _seconds(text: str) -> float:
    """Return a duration as terraform takes it: `30s`, `5m`, `1h30m`, `0`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if text == "0":
        return 0.0
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 30s, 5m or 1h30m")
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
