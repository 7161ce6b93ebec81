"""`provision state`: inspect the state log."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from provisioner.cli.console import Console, to_table, to_yaml
from provisioner.cli.inputs import run_targets
from provisioner.errors import ManifestError
from provisioner.workflows.session import INFRASTRUCTURE, ROOTS, Context, Session
from provisioner.workflows.status import StateResource, list_resources, pull_state, read_history
from provisioner.workflows.target import Target


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the verb that the command line names."""
    code: int = {"list": _list, "show": _show, "pull": _pull, "history": _history}[arguments.verb](arguments, console)
    return code


def _roots(arguments: argparse.Namespace) -> tuple[str, ...]:
    return (arguments.root,) if arguments.root else ROOTS


def _open(context: Context, target: Target) -> Session:
    return Session.open(context, target, create_bucket=False)


def _list(arguments: argparse.Namespace, console: Console) -> int:
    def work(context: Context, target: Target) -> list[StateResource]:
        return list_resources(_open(context, target), _roots(arguments))

    def describe(resources: list[StateResource]) -> dict[str, Any]:
        return {
            "resources": [
                {"root": item.root, "address": item.address, "type": item.type, "id": item.id} for item in resources
            ]
        }

    results, exit_code = run_targets(arguments, console, work, describe, checks=False)
    for resources in results:
        console.text(to_table(("ROOT", "ADDRESS", "ID"), [(item.root, item.address, item.id) for item in resources]))
    return exit_code


def _show(arguments: argparse.Namespace, console: Console) -> int:
    def work(context: Context, target: Target) -> list[StateResource]:
        found = list_resources(_open(context, target), _roots(arguments), reveal=arguments.reveal)
        if arguments.address is None:
            return found
        chosen = [item for item in found if item.address == arguments.address]
        if not chosen:
            raise ManifestError.single(
                "state",
                "--address",
                "NotSupported",
                f"no resource {arguments.address!r} in the state",
                "`provision state list` shows the addresses",
            )
        return chosen

    def describe(resources: list[StateResource]) -> dict[str, Any]:
        return {
            "resources": [
                {"root": item.root, "address": item.address, "attributes": item.attributes} for item in resources
            ]
        }

    results, exit_code = run_targets(arguments, console, work, describe, checks=False)
    for resources in results:
        for item in resources:
            attributes = {name: value for name, value in item.attributes.items() if value not in (None, [], {})}
            console.text(f"---\n{to_yaml({item.address: attributes})}")
    return exit_code


def _pull(arguments: argparse.Namespace, console: Console) -> int:
    def work(context: Context, target: Target) -> bytes:
        return pull_state(_open(context, target), arguments.root or INFRASTRUCTURE, arguments.number)

    results, exit_code = run_targets(arguments, console, work, json.loads, checks=False)
    if console.is_text:
        for body in results:  # byte for byte
            sys.stdout.flush()
            sys.stdout.buffer.write(body)
    return exit_code


def _history(arguments: argparse.Namespace, console: Console) -> int:
    def work(context: Context, target: Target) -> list[dict[str, Any]]:
        session = _open(context, target)
        return [entry for root in _roots(arguments) for entry in read_history(session, root)]

    results, exit_code = run_targets(arguments, console, work, lambda entries: {"versions": entries}, checks=False)
    headings = ("ROOT", "NUMBER", "SERIAL", "TIME", "OPERATION", "RUN", "RESOURCES")
    for entries in results:
        rows = [
            (
                entry["root"],
                str(entry["number"]),
                str(entry["serial"]),
                entry["time"],
                entry["operation"],
                entry["run"],
                str(entry["resources"]),
            )
            for entry in entries
        ]
        console.text(to_table(headings, rows))
    return exit_code
