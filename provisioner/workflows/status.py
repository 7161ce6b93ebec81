"""Status: what the newest states say of a shoot, without any contact to the cloud beyond the bucket."""

from __future__ import annotations

import json
from typing import Any

from provisioner.api.alicloud_v1alpha1 import InfrastructureStatus, WorkerStatus
from provisioner.state.document import state_outputs
from provisioner.translate.status import egress_cidrs, infrastructure_status, worker_status
from provisioner.workflows.session import INFRASTRUCTURE, WORKER, Session


def read_status(session: Session) -> tuple[InfrastructureStatus | None, WorkerStatus | None, list[str]]:
    """Return InfrastructureStatus, WorkerStatus and egress addresses as the newest states have them."""
    outputs = {root: _outputs(session, root) for root in (INFRASTRUCTURE, WORKER)}
    workers = worker_status(outputs[WORKER])
    images = workers.machine_images if workers else ()
    return (
        infrastructure_status(outputs[INFRASTRUCTURE], images),
        workers,
        egress_cidrs(outputs[INFRASTRUCTURE]),
    )


def _outputs(session: Session, root: str) -> dict[str, Any]:
    newest = session.log(root).newest()
    return state_outputs(json.loads(newest.body)) if newest else {}
