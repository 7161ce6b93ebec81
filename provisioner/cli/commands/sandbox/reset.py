"""`provision sandbox reset`: forget everything that the simulated cloud holds."""

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
    """Empty the sandbox; what an earlier version made is discarded as a whole."""
    from provisioner.cli.clouds import open_sandbox, sandbox_of

    folder = sandbox_of(arguments, process)
    with open_sandbox(folder, process.environ, discards_older=True) as sandbox:
        sandbox.reset()
        sandbox_id = sandbox.cloud.id
    console.document({"id": sandbox_id, "folder": str(folder), "resources": {}, "total": 0})
    console.line(f"the sandbox in {folder} is empty")
    return 0
