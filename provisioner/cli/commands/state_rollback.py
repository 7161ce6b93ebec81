"""`provision state rollback`: make a former version the newest again."""

from __future__ import annotations

import argparse

from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.reports.state import diff_lines, rolled_back_document, rolled_back_lines
from provisioner.run.context import Context
from provisioner.state.diff import StateDiff
from provisioner.workflows.state.rollback import RolledBack, roll_back_target


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Roll one root module's state back, and print what the cloud holds beyond it."""
    agreed = arguments.yes or arguments.sandbox

    def show(diff: StateDiff) -> None:
        for line in diff_lines(diff):
            console.note(line)

    def work(context: Context, target: ShootInput) -> RolledBack:
        return roll_back_target(
            context, target, arguments.root, arguments.to, asks=not agreed, reveal=arguments.reveal, show=show
        )

    results, exit_code = run_targets(
        arguments, console, process, work, rolled_back_document, assumes_consent=agreed, checks=False
    )
    for result in results:
        console.lines(rolled_back_lines(result))
    return exit_code
