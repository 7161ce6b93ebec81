"""`provision state diff`: what changed from one version to another."""

from __future__ import annotations

import argparse

from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.errors import ManifestError
from provisioner.ids import INFRASTRUCTURE
from provisioner.inputs import ShootInput
from provisioner.reports.state import diff_document, diff_lines
from provisioner.run.context import Context
from provisioner.run.session import Session
from provisioner.state.diff import StateDiff
from provisioner.workflows.state.diff import diff_versions


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print the resources that were added, removed or changed."""
    before, after = _take_numbers(arguments)

    def work(context: Context, target: ShootInput) -> StateDiff:
        session = Session.open(context, target, create_bucket=False)
        return diff_versions(session, arguments.root or INFRASTRUCTURE, before, after, reveal=arguments.reveal)

    results, exit_code = run_targets(arguments, console, process, work, diff_document, checks=False)
    for diff in results:
        console.lines(diff_lines(diff))
    return exit_code


def _take_numbers(arguments: argparse.Namespace) -> tuple[int, int | None]:
    """
    Return A and B, which stand behind the files.

    Raises:
        ManifestError: there is no A, or nothing before it.
    """
    numbers: list[int] = []
    while len(numbers) < 2 and len(arguments.files) > 1 and arguments.files[-1].isdecimal():  # noqa: PLR2004 - A, B
        numbers.insert(0, int(arguments.files.pop()))
    if not numbers:
        raise ManifestError.single(
            "command line", "A", "Required", "no version to compare with", "name its number behind the manifests"
        )
    return numbers[0], numbers[1] if len(numbers) > 1 else None
