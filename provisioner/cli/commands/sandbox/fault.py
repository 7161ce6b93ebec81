"""`provision sandbox fault`: let calls to the simulated cloud fail on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_common, add_sandbox_dir, add_verb, add_verbs, refuse_value

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.sandbox.sandbox import Cloud, StoredFault

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of the command, and their arguments."""
    parser.description = "Let calls to the sandbox's cloud fail on demand. What each kind does: docs/sandbox.md."
    verbs = add_verbs(parser)
    add = add_verb(
        verbs, "add", "put a fault in force, from the next call on and for every process that uses the sandbox"
    )
    add_sandbox_dir(add)
    add_common(add)
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
    for name, help in (
        ("list", "list the faults: how many calls each has looked at, and how many it has hit"),
        ("clear", "remove every fault"),
    ):
        verb = add_verb(verbs, name, help)
        add_sandbox_dir(verb)
        add_common(verb)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Run the verb that the command line names."""
    from provisioner.cli.clouds import open_sandbox, sandbox_of

    verbs = {"add": _add, "list": _list, "clear": _clear}
    with open_sandbox(sandbox_of(arguments, process), process.environ) as sandbox:
        return verbs[arguments.verb](sandbox.cloud, arguments, console)


def _add(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
    from provisioner.sandbox.sandbox import Fault

    try:
        fault = Fault(
            arguments.action,
            arguments.kind,
            probability=arguments.probability,
            times=arguments.times,
            delay_ms=arguments.delay_ms,
            code=arguments.code,
        )
        stored = cloud.faults.add(fault)
    except ValueError as error:
        raise refuse_value(error, "action") from error
    console.document(_document(stored))
    console.line(f"fault {stored.number} is in force: {fault.kind} on {fault.action}")
    return 0


def _list(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
    from provisioner.reports.text import to_table

    faults = cloud.faults.list()
    console.document({"faults": [_document(stored) for stored in faults]})
    if not faults:
        console.line("there are no faults")
        return 0
    header = ("NUMBER", "ACTION", "KIND", "PROBABILITY", "TIMES", "DELAY-MS", "CODE", "CALLS", "HITS")
    console.lines(to_table(header, [_row(stored) for stored in faults]))
    return 0


def _clear(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
    number = cloud.faults.clear()
    console.document({"cleared": number})
    console.line(f"{number} faults removed")
    return 0


def _row(stored: StoredFault) -> tuple[str, ...]:
    fault = stored.fault
    return (
        str(stored.number),
        fault.action,
        fault.kind,
        f"{fault.probability:g}",
        "-" if fault.times is None else str(fault.times),
        f"{fault.delay_ms:g}",
        fault.code or "-",
        str(stored.drawn),
        str(stored.hits),
    )


def _document(stored: StoredFault) -> dict[str, Any]:
    fault = stored.fault
    return {
        "number": stored.number,
        "action": fault.action,
        "kind": fault.kind,
        "probability": fault.probability,
        "times": fault.times,
        "delayMs": fault.delay_ms,
        "code": fault.code,
        "calls": stored.drawn,
        "hits": stored.hits,
    }
