"""Status: what the newest states say of a shoot, without any contact to the cloud beyond the bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.api.alicloud_v1alpha1 import InfrastructureStatus, MachineImage, WorkerStatus
from provisioner.ids import INFRASTRUCTURE, ROOTS, WORKER, TechnicalId
from provisioner.translate.status import applied_deployments, egress_cidrs, infrastructure_status, worker_status
from provisioner.workflows.first_look import FirstLook
from provisioner.workflows.session import Session


@dataclass(frozen=True, slots=True)
class ShootStatus:
    """What was applied; None for what was not."""

    technical_id: TechnicalId
    infrastructure: InfrastructureStatus | None
    worker: WorkerStatus | None
    egress_cidrs: list[str]
    machine_deployments: list[dict[str, Any]]
    """Every pool and zone: bounds, what nodes carry, and the scaling group."""


def read_status(session: Session) -> ShootStatus:
    """
    Return what the newest states say.

    Raises:
        StateError: they belong elsewhere; or there are none, and the cloud holds objects of this shoot.
        CloudError: the cloud could not be asked.
    """
    if session.is_new_entry:
        FirstLook(session, ()).require_known(ROOTS)
    infrastructure, worker = (session.stored_state(root).outputs for root in (INFRASTRUCTURE, WORKER))
    return describe_states(session, infrastructure, worker)


def describe_states(
    session: Session,
    infrastructure: Mapping[str, Any],
    worker: Mapping[str, Any],
    images: Sequence[MachineImage] = (),
) -> ShootStatus:
    """Return what the outputs of two states say; of an infrastructure without a worker, `images` are those in use."""
    workers = worker_status(worker)
    return ShootStatus(
        session.target.identity.technical_id,
        infrastructure_status(infrastructure, workers.machine_images if workers else images),
        workers,
        egress_cidrs(infrastructure),
        applied_deployments(worker),
    )
