"""`provision status`: InfrastructureStatus and WorkerStatus from the state."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from provisioner.cli.commands.apply import status_document
from provisioner.cli.console import Console, to_yaml
from provisioner.cli.inputs import run_targets
from provisioner.workflows.session import Context, Session
from provisioner.workflows.status import read_status
from provisioner.workflows.target import Target


@dataclass(frozen=True, slots=True)
class _Status:
    technical_id: str
    infrastructure: Any
    worker: Any
    egress_cidrs: list[str]


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what the newest states say; a shoot without state has no status."""
    results, exit_code = run_targets(arguments, console, _read, _describe, checks=False)
    for result in results:
        found = [status for status in (result.infrastructure, result.worker) if status is not None]
        if not found:
            console.text(f"{result.technical_id}: nothing is applied\n")
        for status in found:
            console.text(f"---\n{to_yaml(status_document(status))}")
    return exit_code


def _read(context: Context, target: Target) -> _Status:
    infrastructure, worker, egress = read_status(Session.open(context, target, create_bucket=False))
    return _Status(target.identity.technical_id, infrastructure, worker, egress)


def _describe(result: _Status) -> dict[str, Any]:
    return {
        "technicalID": result.technical_id,
        "infrastructureStatus": status_document(result.infrastructure),
        "workerStatus": status_document(result.worker),
        "egressCIDRs": result.egress_cidrs,
    }
