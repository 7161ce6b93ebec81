"""`provision state diff`: what changed from one version to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_files, add_reveal, add_root

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.state.diff import StateDiff


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.usage = "%(prog)s [-h] [options] FILE [FILE ...] A [B]"
    add_files(parser)
    add_root(parser, default="infrastructure")
    add_reveal(parser)
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print the resources that were added, removed or changed."""
    from provisioner.cli.inputs import report_targets
    from provisioner.ids import INFRASTRUCTURE
    from provisioner.reports.state import diff_document, diff_lines
    from provisioner.run.session import Session
    from provisioner.workflows.state.diff import diff_versions

    before, after = _take_numbers(arguments)

    def work(context: Context, target: ShootInput) -> StateDiff:
        session = Session.open(context, target, create_bucket=False)
        return diff_versions(session, arguments.root or INFRASTRUCTURE, before, after, reveal=arguments.reveal)

    return report_targets(arguments, console, process, work, diff_document, lines=diff_lines)


def _take_numbers(arguments: argparse.Namespace) -> tuple[int, int | None]:
    """
    Return A and B, which stand behind the files.

    Raises:
        ManifestError: there is no A, or nothing before it.
    """
    from provisioner.errors import ManifestError

    numbers: list[int] = []
    while len(numbers) < 2 and len(arguments.files) > 1 and arguments.files[-1].isdecimal():  # noqa: PLR2004 - A, B
        numbers.insert(0, int(arguments.files.pop()))
    if not numbers:
        raise ManifestError.single(
            "command line", "A", "Required", "no version to compare with", "name its number behind the manifests"
        )
    return numbers[0], numbers[1] if len(numbers) > 1 else None
