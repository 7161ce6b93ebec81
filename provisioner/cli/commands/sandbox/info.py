"""`provision sandbox info`: what the simulated cloud holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_common, add_sandbox_dir

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_sandbox_dir(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print the sandbox's id and how many resources of each type it has."""
    from provisioner.cli.clouds import open_sandbox, sandbox_of
    from provisioner.reports.text import to_table

    folder = sandbox_of(arguments, process)
    with open_sandbox(folder, process.environ) as sandbox:
        sandbox_id, counts = sandbox.cloud.id, sandbox.cloud.counts()
    total = sum(counts.values())
    console.document({"id": sandbox_id, "folder": str(folder), "resources": counts, "total": total})
    console.lines(to_table(("TYPE", "COUNT"), [(name, str(count)) for name, count in sorted(counts.items())]))
    console.line(f"{total} resources in {folder} ({sandbox_id})")
    return 0
