"""`provision state pull`: one version of a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_files, add_number, add_root

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    add_root(parser, default="infrastructure")
    add_number(parser)
    parser.add_argument(
        "--reveal",
        action="store_true",
        help="print it as terraform wrote it, with user data; by default, user data is masked",
    )
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print a state as terraform reads it."""
    import json

    from provisioner.cli.inputs import run_targets
    from provisioner.ids import INFRASTRUCTURE
    from provisioner.run.session import Session
    from provisioner.workflows.state.show import pull_state

    def work(context: Context, target: ShootInput) -> bytes:
        session = Session.open(context, target, create_bucket=False)
        return pull_state(session, arguments.root or INFRASTRUCTURE, arguments.number, reveal=arguments.reveal)

    results, exit_code = run_targets(arguments, console, process, work, json.loads, checks=False)
    for body in results:
        console.body(body)
    return exit_code
