"""The status of a shoot, from the states of its two root modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.api.alicloud_v1alpha1 import InfrastructureStatus, MachineImage, WorkerStatus
from provisioner.ids import TechnicalId
from provisioner.run.session import Session
from provisioner.translate.status import applied_deployments, egress_cidrs, infrastructure_status, worker_status


@dataclass(frozen=True, slots=True)
class ShootStatus:
    """The applied shoot; a part that was not applied is None."""

    technical_id: TechnicalId
    infrastructure: InfrastructureStatus | None
    worker: WorkerStatus | None
    egress_cidrs: list[str]
    machine_deployments: list[dict[str, Any]]
    """Every pool and zone: bounds, labels and taints of nodes, and the scaling group."""


def describe_states(
    session: Session,
    infrastructure: Mapping[str, Any],
    worker: Mapping[str, Any],
    images: Sequence[MachineImage] = (),
) -> ShootStatus:
    """Return the status from the outputs of both states; without a worker, `images` are the images in use."""
    workers = worker_status(worker)
    return ShootStatus(
        session.target.identity.technical_id,
        infrastructure_status(infrastructure, workers.machine_images if workers else images),
        workers,
        egress_cidrs(infrastructure),
        applied_deployments(worker),
    )
