"""`provision state history`: every version of the states."""

from __future__ import annotations

import argparse
from typing import Any

from provisioner.cli.commands.state import chosen_roots
from provisioner.cli.console import Console, to_table
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.run.context import Context
from provisioner.run.session import Session
from provisioner.workflows.state.history import read_history

_HEADINGS = ("ROOT", "NUMBER", "SERIAL", "TIME", "OPERATION", "RUN", "HOST", "RESOURCES", "CHANGES")


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print when, by whom and in which operation each version came, what it holds and what it changed."""

    def work(context: Context, target: ShootInput) -> list[dict[str, Any]]:
        session = Session.open(context, target, create_bucket=False)
        return [entry for root in chosen_roots(arguments) for entry in read_history(session, root)]

    results, exit_code = run_targets(
        arguments, console, process, work, lambda entries: {"versions": entries}, checks=False
    )
    for entries in results:
        console.lines(to_table(_HEADINGS, [_row(entry) for entry in entries]))
    return exit_code


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    changes = "+{added} -{removed} ~{changed}".format(**entry) if entry["readable"] else "unreadable"
    return (
        entry["root"],
        str(entry["number"]),
        "" if entry["serial"] is None else str(entry["serial"]),
        entry["time"],
        entry["operation"],
        entry["run"],
        entry["host"],
        "" if entry["resources"] is None else str(entry["resources"]),
        changes,
    )
