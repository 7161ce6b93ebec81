"""`provision state rollback`: make a former version the newest again."""

from __future__ import annotations

import argparse
from typing import Any

from provisioner.cli.commands.state_diff import diff_document, diff_lines
from provisioner.cli.console import Console, to_table
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.run.context import Context
from provisioner.state.diff import StateDiff
from provisioner.workflows.state.rollback import RolledBack, roll_back_target


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Roll one root module's state back, and print what the cloud holds beyond it."""

    def show(diff: StateDiff) -> None:
        for line in diff_lines(diff):
            console.note(line)

    def work(context: Context, target: ShootInput) -> RolledBack:
        return roll_back_target(context, target, arguments.root, arguments.to, reveal=arguments.reveal, show=show)

    results, exit_code = run_targets(arguments, console, process, work, _describe, checks=False)
    for result in results:
        console.lines(_lines(result))
    return exit_code


def _describe(result: RolledBack) -> dict[str, Any]:
    return {
        "technicalID": result.technical_id,
        "number": result.number,
        "serial": result.serial,
        "diff": diff_document(result.diff),
        "beyond": result.beyond,
    }


def _lines(result: RolledBack) -> list[str]:
    target = result.diff.after.number
    if result.number is None:
        return [f"version {target} is the newest already; nothing was changed"]
    lines = [f"version {result.number} (serial {result.serial}) has what version {target} had"]
    if result.beyond:
        rows = [(item["type"], item["id"], item["address"] or "(left alone)") for item in result.beyond]
        lines.append(
            "the cloud holds more than the states list; the next run takes what has an address into the state:"
        )
        lines += to_table(("TYPE", "ID", "ADDRESS"), rows)
    return lines
