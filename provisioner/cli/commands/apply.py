"""`provision apply`: create or change what the manifests ask for."""

from __future__ import annotations

import argparse
from typing import Any

from provisioner.cli.console import Console, without_empty
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.run.context import Context
from provisioner.run.shoot_status import ShootStatus
from provisioner.workflows.apply import Applied, apply_target


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Apply every target and print InfrastructureStatus and WorkerStatus."""

    def work(context: Context, target: ShootInput) -> Applied:
        return apply_target(
            context,
            target,
            beside=arguments.beside,
        )

    results, exit_code = run_targets(arguments, console, process, work, describe)
    for result in results:
        if not result.changed and not result.rolling:
            console.line(f"{result.status.technical_id}: no changes")
        for roll in result.rolling:
            console.line(f"rolling {roll['pool']} in {roll['zone']}: {roll['machines']} machines, task {roll['task']}")
        print_statuses(result.status, console)
    return exit_code


def describe(result: Applied) -> dict[str, Any]:
    """Return the document of an apply."""
    return {
        **describe_status(result.status),
        "entryName": result.entry_name,
        "changed": result.changed,
        "adopted": result.adopted,
        "rolling": result.rolling,
        "unproven": result.unproven,
    }


def describe_status(status: ShootStatus) -> dict[str, Any]:
    """Return the document of what is applied."""
    return {
        "technicalID": status.technical_id,
        "infrastructureStatus": status_document(status.infrastructure),
        "workerStatus": status_document(status.worker),
        "egressCIDRs": status.egress_cidrs,
        "machineDeployments": status.machine_deployments,
    }


def print_statuses(status: ShootStatus, console: Console) -> None:
    """Print InfrastructureStatus and WorkerStatus as manifests, which a Worker's spec takes as they are."""
    for document in (status.infrastructure, status.worker):
        if document is not None:
            console.manifest(status_document(document))


def status_document(status: Any) -> dict[str, Any] | None:
    """Return a provider status with its JSON names, without what is unset; None stays None."""
    if status is None:
        return None
    document: dict[str, Any] = without_empty(status.model_dump(mode="json", by_alias=True, exclude_none=True))
    return document
