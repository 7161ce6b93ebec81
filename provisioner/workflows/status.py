"""Status: what the newest states say of a shoot, without any contact to the cloud beyond the bucket."""

from __future__ import annotations

from provisioner.api.alicloud_v1alpha1 import InfrastructureStatus, WorkerStatus
from provisioner.state.document import state_outputs
from provisioner.translate.status import egress_cidrs, infrastructure_status, worker_status
from provisioner.workflows.session import INFRASTRUCTURE, ROOTS, WORKER, Session


def read_status(session: Session) -> tuple[InfrastructureStatus | None, WorkerStatus | None, list[str]]:
    """Return InfrastructureStatus, WorkerStatus and egress addresses as the newest states have them."""
    outputs = {root: state_outputs(session.stored_state(root)) for root in ROOTS}
    workers = worker_status(outputs[WORKER])
    images = workers.machine_images if workers else ()
    return (
        infrastructure_status(outputs[INFRASTRUCTURE], images),
        workers,
        egress_cidrs(outputs[INFRASTRUCTURE]),
    )
