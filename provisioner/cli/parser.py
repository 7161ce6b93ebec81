"""The command line: every command, and what is its own. Imports nothing but argparse and its options."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from provisioner.cli.options import (
    add_cloud,
    add_common,
    add_consent,
    add_engine,
    add_files,
    add_lock,
    add_sandbox_dir,
)

_DESCRIPTION = """\
Provision Gardener shoot infrastructure and workers on Alibaba Cloud with Terraform.

FILE is a YAML or JSON file, a directory of them, or - for standard input.
"""

_EPILOG = """\
exit codes:
  0    done; for `plan`: no changes        4    the state is locked by another run
  1    error                               5    the cloud refused
  2    plan found changes, adopt something 129, 130, 143  ended by SIGHUP, SIGINT, SIGTERM
  3    invalid input, or nobody agreed

Try it offline:  provision apply examples/shoot.yaml --sandbox
"""


FAULT_KINDS = (
    "latency",
    "throttling",
    "unavailable",
    "internal-error",
    "forbidden",
    "quota",
    "out-of-stock",
    "reset",
    "lost-answer",
    "invisible",
    "slow-state",
)
"""The sandbox's own list, repeated because the sandbox need not be installed for `--help`; a test compares them."""


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments; prints help or a usage error and exits when that is what was asked for."""
    parser = build_parser(next((word for word in argv if word in _COMMANDS), None))
    arguments = parser.parse_args(argv)
    if arguments.version:
        from provisioner import __version__

        parser.exit(0, f"provision {__version__}\n")
    if not getattr(arguments, "module", None):
        getattr(arguments, "group_parser", parser).print_help()
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


_Verbs: TypeAlias = "argparse._SubParsersAction[_Parser]"
"""The commands of a command."""


def build_parser(only: str | None) -> argparse.ArgumentParser:
    """
    Return the parser with all commands; only the command `only` gets its own arguments.

    Building every command's arguments costs several milliseconds, more than the rest of `provision --help`.
    """
    parser = _Parser(
        prog="provision",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_format_help,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    for name, (help, add_arguments) in _COMMANDS.items():
        if name != only:
            commands.add_parser(name, help=help, add_help=False)
            continue
        command = commands.add_parser(name, help=help, description=_sentence(help))
        command.set_defaults(module=name)
        add_arguments(command)
    return parser


def _add_validate(parser: argparse.ArgumentParser) -> None:
    add_files(parser)
    parser.add_argument(
        "--old",
        metavar="OLD",
        help="the same objects as they were: a file, a directory or -; adds the rules for what may change",
    )
    add_common(parser)


def _add_render(parser: argparse.ArgumentParser) -> None:
    add_files(parser)
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder to write to")
    parser.add_argument("--with-secrets", action="store_true", help="also write user data (readable only by you)")
    add_cloud(parser)
    add_common(parser)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    add_files(parser)
    add_cloud(parser)
    add_engine(parser)
    add_common(parser)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    _add_changing(parser)
    parser.add_argument(
        "--allow-replace",
        action="store_true",
        help="let a VPC, vSwitch, NAT gateway, EIP or whole worker pool be replaced or deleted (plan names them)",
    )
    parser.add_argument(
        "--recreate",
        action="store_true",
        help="make a shoot again of which everything was deleted outside of provision",
    )
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="ENTRY",
        help="make the shoot beside objects of its name whose owner tag is this entry; recorded once, may be repeated",
    )


def _add_destroy(parser: argparse.ArgumentParser) -> None:
    _add_changing(parser)
    parser.add_argument(
        "--no-wait",
        action="store_true",
        help="after a run that was cut off, end with an error instead of waiting until nothing of it can appear",
    )


def _add_changing(parser: argparse.ArgumentParser) -> None:
    add_files(parser)
    add_consent(parser)
    add_lock(parser)
    add_cloud(parser)
    add_engine(parser)
    add_common(parser)


def _add_adopt(parser: argparse.ArgumentParser) -> None:
    add_files(parser)
    parser.add_argument(
        "--yes", action="store_true", help="record what was found in the state; without it nothing is changed"
    )
    add_lock(parser)
    add_cloud(parser)
    add_engine(parser)
    add_common(parser)


def _add_status(parser: argparse.ArgumentParser) -> None:
    add_files(parser)
    add_cloud(parser)
    add_common(parser)


def _add_verbs(group: argparse.ArgumentParser) -> _Verbs:
    """Let a command have commands of its own, without which it prints its help."""
    group.set_defaults(module=None, group_parser=group)
    return group.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)


def _add_state(group: argparse.ArgumentParser) -> None:
    verbs = _add_verbs(group)

    def verb(
        name: str, help: str, *, module: str = "", usage: str = "", default_root: str = "both"
    ) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=help, description=_sentence(help))
        added.set_defaults(module=module or f"state_{name}", verb=name)
        if usage:
            added.usage = f"%(prog)s [-h] [options] FILE [FILE ...] {usage}"
        add_files(added)
        added.add_argument(
            "--root",
            choices=("infrastructure", "worker"),
            required=not default_root,
            help=f"only this root module (default: {default_root})" if default_root else "which root module",
        )
        return added

    def finish(added: argparse.ArgumentParser) -> None:
        add_cloud(added)
        add_common(added)

    def reveal(added: argparse.ArgumentParser) -> None:
        added.add_argument("--reveal", action="store_true", help="do not mask sensitive values")

    def number(added: argparse.ArgumentParser) -> None:
        added.add_argument("--number", type=int, metavar="N", help="version N instead of the newest")

    listed = verb("list", "list the resources in the newest state", module="state")
    number(listed)
    finish(listed)
    show = verb(
        "show",
        "show the attributes of all resources in the newest state, or of ADDRESS",
        module="state",
        usage="[ADDRESS]",
    )
    show.add_argument("--address", metavar="ADDRESS", help="the same as ADDRESS as the last argument")
    number(show)
    reveal(show)
    finish(show)
    pull = verb("pull", "print the newest state of a root module", module="state", default_root="infrastructure")
    number(pull)
    pull.add_argument(
        "--reveal", action="store_true", help="print it as terraform wrote it, with user data; without, that is masked"
    )
    finish(pull)
    finish(verb("history", "list every version: when, by whom, in which operation, what it holds and what changed"))
    diff = verb(
        "diff",
        "show what changed from version A to version B, or to the newest",
        usage="A [B]",
        default_root="infrastructure",
    )
    reveal(diff)
    finish(diff)
    rollback = verb("rollback", "make a former version the newest again; changes nothing in the cloud", default_root="")
    rollback.add_argument("--to", type=int, metavar="N", required=True, help="the version to return to")
    add_consent(rollback)
    reveal(rollback)
    add_lock(rollback)
    finish(rollback)
    unlock = verb("unlock", "take the lease from a run that will not give it back; stop that run before")
    add_consent(unlock)
    finish(unlock)
    _add_state_place(verb, finish)


def _add_state_place(
    verb: Callable[..., argparse.ArgumentParser], finish: Callable[[argparse.ArgumentParser], None]
) -> None:
    confirm = verb(
        "confirm-place",
        "record where a state belongs that an older version stored, and of which no object is left to tell",
        module="state_place",
    )
    confirm.add_argument(
        "--account", metavar="ID", required=True, help="the id of the account (GetCallerIdentity tells it)"
    )
    confirm.add_argument("--region", metavar="REGION", required=True, help="the region of the shoot")
    move = verb("move", "go on in the bucket of the manifests with the log of another bucket", module="state_place")
    move.add_argument("--from", dest="source", metavar="BUCKET", required=True, help="the bucket that the log is in")
    move.add_argument("--from-region", metavar="REGION", help="the region of that bucket (default: the new one's)")
    for added in (confirm, move):
        add_consent(added)
        add_lock(added)
        finish(added)


def _add_sandbox(group: argparse.ArgumentParser) -> None:
    verbs = _add_verbs(group)
    verb = partial(_add_sandbox_verb, verbs, "sandbox")
    verb("info", "show the sandbox's `id`, and count what it holds: `resources` by type over all accounts, and `total`")
    serve = verb(
        "serve",
        "serve the sandbox on loopback, HTTP and TLS, until interrupted; prints settings to paste for terraform, the "
        "SDKs, oss2 and the aliyun CLI",
    )
    serve.add_argument("--port", type=int, default=0, help="port of the OpenAPI endpoint (default: any free one)")
    serve.add_argument("--oss-port", type=int, default=0, help="port of the OSS endpoint (default: any free one)")
    verb("reset", "forget every resource, bucket and account of the sandbox")
    image = verb("add-image", "make a custom image known to the sandbox")
    image.add_argument("image_id", metavar="IMAGE_ID", help="the id that manifests will name")
    image.add_argument("--region", required=True, help="the region that has the image")
    fault = verbs.add_parser(
        "fault",
        help="let calls to the sandbox fail on demand: add, list, clear",
        description="Let calls to the sandbox's cloud fail on demand. What each kind does: docs/sandbox.md.",
    )
    _add_fault(fault)
    quota = verbs.add_parser(
        "quota",
        help="change how much the sandbox lets an account have: set, list",
        description="Change how much the sandbox lets an account have, to meet a quota or to get it out of the way.",
    )
    _add_quota(quota)


def _add_sandbox_verb(verbs: _Verbs, module: str, name: str, help: str) -> argparse.ArgumentParser:
    added = verbs.add_parser(name, help=help, description=_sentence(help))
    added.set_defaults(module=module, verb=name)
    add_sandbox_dir(added)
    add_common(added)
    return added


def _add_fault(group: argparse.ArgumentParser) -> None:
    verb = partial(_add_sandbox_verb, _add_verbs(group), "sandbox_fault")
    add = verb("add", "put a fault in force, from the next call on and for every process that uses the sandbox")
    add.add_argument(
        "action", metavar="ACTION", help="which calls: an action or a pattern, such as CreateVpc, 'Describe*', 'vpc:*'"
    )
    add.add_argument("--kind", required=True, choices=FAULT_KINDS, metavar="KIND", help=", ".join(FAULT_KINDS))
    add.add_argument(
        "--probability", type=float, default=1.0, metavar="P", help="chance that a call is hit, 0 to 1 (default: 1)"
    )
    add.add_argument("--times", type=int, metavar="N", help="how many calls are hit (default: without end)")
    add.add_argument(
        "--delay-ms",
        type=float,
        default=0.0,
        metavar="N",
        help="latency: the wait; invisible: until a new thing can be read; slow-state: how long states take; "
        "other kinds: the wait before the fault",
    )
    add.add_argument("--code", default="", metavar="CODE", help="error code instead of the kind's own")
    verb("list", "list the faults: how many calls each has looked at, and how many it has hit")
    verb("clear", "remove every fault")


def _add_quota(group: argparse.ArgumentParser) -> None:
    verb = partial(_add_sandbox_verb, _add_verbs(group), "sandbox_quota")
    set_ = verb("set", "change a quota for every account, from the next call on, until a reset")
    set_.add_argument("name", metavar="NAME", help="which quota, such as vpc; `quota list` names them all")
    set_.add_argument("value", metavar="VALUE", type=int, help="how many there may be")
    verb("list", "list the quotas: how many there may be, and how many unless that is changed")


def _sentence(help: str) -> str:
    return f"{help[0].upper()}{help[1:]}."


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "validate": ("check manifests without any cloud contact; all errors at once", _add_validate),
    "render": ("write the Terraform root modules and their variables", _add_render),
    "plan": ("show what apply would change; exit 0 no changes, 2 changes", _add_plan),
    "apply": ("create or change what the manifests ask for", _add_apply),
    "destroy": ("destroy everything the state holds of a shoot", _add_destroy),
    "adopt": ("show what the cloud holds of a shoot and no state lists; exit 0 nothing, 2 something", _add_adopt),
    "status": ("print InfrastructureStatus and WorkerStatus from the state", _add_status),
    "state": (
        "the state log in the backup bucket: list, show, pull, history, diff, rollback, unlock, confirm-place, move",
        _add_state,
    ),
    "sandbox": ("the simulated Alibaba Cloud: info, serve, reset, add-image, fault, quota", _add_sandbox),
}
