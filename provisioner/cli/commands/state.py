"""`provision state list`, `show` and `pull`: what one version of a state holds."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from provisioner.cli.console import Console
from provisioner.cli.inputs import chosen_roots, run_targets
from provisioner.cli.process import Process
from provisioner.errors import ManifestError
from provisioner.ids import INFRASTRUCTURE, Root
from provisioner.inputs import ShootInput
from provisioner.reports.state import listed_document, listed_lines, shown_document, shown_manifests
from provisioner.run.context import Context
from provisioner.run.session import Session
from provisioner.workflows.state.show import StateResource, list_resources, pull_state

_ADDRESS = re.compile(r"(module\.|alicloud_)")


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Run the verb that the command line names."""
    code: int = {"list": _list, "show": _show, "pull": _pull}[arguments.verb](arguments, console, process)
    return code


def _open(context: Context, target: ShootInput) -> Session:
    return Session.open(context, target, create_bucket=False)


def _list(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    def work(context: Context, target: ShootInput) -> list[StateResource]:
        return list_resources(_open(context, target), chosen_roots(arguments), number=arguments.number)

    results, exit_code = run_targets(arguments, console, process, work, listed_document, checks=False)
    for resources in results:
        console.lines(listed_lines(resources))
    return exit_code


def _show(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    address = _take_address(arguments)

    def work(context: Context, target: ShootInput) -> list[StateResource]:
        found = list_resources(
            _open(context, target), chosen_roots(arguments), number=arguments.number, reveal=arguments.reveal
        )
        if address is None:
            return found
        chosen = [item for item in found if item.address == address]
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
    last: str = arguments.files[-1]
    if arguments.address is None and len(arguments.files) > 1 and _ADDRESS.match(last) and not Path(last).exists():
        return str(arguments.files.pop())
    address: str | None = arguments.address
    return address


def _pull(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    def work(context: Context, target: ShootInput) -> bytes:
        root: Root = arguments.root or INFRASTRUCTURE
        return pull_state(_open(context, target), root, arguments.number, reveal=arguments.reveal)

    results, exit_code = run_targets(arguments, console, process, work, json.loads, checks=False)
    for body in results:
        console.body(body)
    return exit_code
