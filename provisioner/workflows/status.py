"""Status and state: what the log in the bucket knows of a shoot, without any contact to the rest of the cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.api.alicloud_v1alpha1 import InfrastructureStatus, WorkerStatus
from provisioner.errors import StateError
from provisioner.state.document import StateDocument, state_outputs
from provisioner.translate.status import egress_cidrs, infrastructure_status, worker_status
from provisioner.workflows.session import INFRASTRUCTURE, WORKER, Session

MASK = "(sensitive value)"


@dataclass(frozen=True, slots=True)
class StateResource:
    """One resource instance in a state."""

    root: str
    address: str
    type: str
    id: str
    attributes: dict[str, Any]


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


def list_resources(session: Session, roots: tuple[str, ...], *, reveal: bool = False) -> list[StateResource]:
    """Return the managed resources in the newest states; sensitive attributes are masked unless `reveal`."""
    resources: list[StateResource] = []
    for root in roots:
        newest = session.log(root).newest()
        if newest is not None:
            resources.extend(_resources(root, json.loads(newest.body), reveal=reveal))
    return resources


def pull_state(session: Session, root: str, number: int | None) -> bytes:
    """
    Return a state as terraform wrote it.

    Raises:
        StateError: there is none, or not that version.
    """
    log = session.log(root)
    version = log.newest() if number is None else log.read(number)
    if version is None:
        raise StateError(
            f"there is no {root} state of {session.target.identity.technical_id} in {session.store.describe()}",
            object=session.target.identity.reference,
        )
    return version.body


def read_history(session: Session, root: str) -> list[dict[str, Any]]:
    """Return every version of a root's state, oldest first: when, by which run and operation, how many resources."""
    log = session.log(root)
    entries = []
    for info in log.history():
        stored = log.raw(info.number)
        metadata = stored.metadata
        try:
            state = json.loads(stored.body) if stored.body else {}
        except ValueError:
            state = {}
        entries.append(
            {
                "root": root,
                "number": info.number,
                "serial": metadata.get("serial", ""),
                "time": info.last_modified.isoformat(),
                "operation": "take-over" if metadata.get("fence") == "true" else metadata.get("operation", ""),
                "run": metadata.get("run", ""),
                "lease": metadata.get("lease", ""),
                "resources": sum(1 for _ in StateDocument(state).instances()),
                "size": info.size,
            }
        )
    return entries


def _outputs(session: Session, root: str) -> dict[str, Any]:
    newest = session.log(root).newest()
    return state_outputs(json.loads(newest.body)) if newest else {}


def _resources(root: str, state: dict[str, Any], *, reveal: bool) -> Iterator[StateResource]:
    for instance in StateDocument(state).instances():
        attributes = dict(instance.content.get("attributes") or {})
        if not reveal:
            for name in _sensitive_names(instance.content):
                if attributes.get(name) is not None:
                    attributes[name] = MASK
        yield StateResource(root, str(instance.address), instance.address.type, instance.id, attributes)


_ALWAYS_SENSITIVE = ("user_data", "password", "kms_encrypted_password")
"""Masked even where a state does not mark them, as after an import."""


def _sensitive_names(instance: Mapping[str, Any]) -> set[str]:
    marked = {
        step["value"]
        for path in instance.get("sensitive_attributes", ())
        for step in path[:1]
        if isinstance(step, dict) and step.get("type") == "get_attr"
    }
    return marked | set(_ALWAYS_SENSITIVE)
