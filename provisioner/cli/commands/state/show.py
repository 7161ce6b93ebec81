"""`provision state show`: the attributes of resources in one version of the states."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_files, add_number, add_reveal, add_root

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.workflows.state.show import StateResource

_ADDRESS = re.compile(r"(module\.|alicloud_)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.usage = "%(prog)s [-h] [options] FILE [FILE ...] [ADDRESS]"
    add_files(parser)
    add_root(parser)
    parser.add_argument("--address", metavar="ADDRESS", help="the same as ADDRESS as the last argument")
    add_number(parser)
    add_reveal(parser)
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print the attributes of each resource, or of the one that is asked for."""
    from provisioner.cli.inputs import chosen_roots, run_targets
    from provisioner.errors import ManifestError
    from provisioner.reports.state import shown_document, shown_manifests
    from provisioner.run.session import Session
    from provisioner.workflows.state.show import list_resources

    address = _take_address(arguments)

    def work(context: Context, target: ShootInput) -> list[StateResource]:
        session = Session.open(context, target, create_bucket=False)
        found = list_resources(session, chosen_roots(arguments), number=arguments.number, reveal=arguments.reveal)
        if address is None:
            return found
        chosen = [resource for resource in found if resource.address == address]
        if not chosen:
            raise ManifestError.single(
                "state",
                "ADDRESS",
                "NotSupported",
                f"no resource {address!r} in the state",
                "`provision state list` shows the addresses",
            )
        return chosen

    results, exit_code = run_targets(arguments, console, process, work, shown_document, checks=False)
    for resources in results:
        for manifest in shown_manifests(resources):
            console.manifest(manifest)
    return exit_code


def _take_address(arguments: argparse.Namespace) -> str | None:
    """Return the address asked for; the last of the files is one if it looks like one and is no file."""
    from pathlib import Path

    last: str = arguments.files[-1]
    if arguments.address is None and len(arguments.files) > 1 and _ADDRESS.match(last) and not Path(last).exists():
        return str(arguments.files.pop())
    address: str | None = arguments.address
    return address
