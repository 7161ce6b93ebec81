"""`provision sandbox fault`: let calls to the simulated cloud fail on demand."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from provisioner.cli.clouds import open_sandbox, sandbox_of
from provisioner.cli.console import Console
from provisioner.cli.process import Process
from provisioner.errors import ManifestError
from provisioner.reports.text import to_table

if TYPE_CHECKING:
    from provisioner.sandbox.sandbox import Cloud, StoredFault


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Run the verb that the command line names."""
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
        name, _, detail = str(error).partition(": ")
        path = "ACTION" if name == "action" else f"--{name}"
        raise ManifestError.single("command line", path, "Invalid", detail) from error
    console.document(_document(stored))
    console.line(f"fault {stored.number} is in force: {fault.kind} on {fault.action}")
    return 0


def _list(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
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
