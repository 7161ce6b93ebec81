"""State list, show and pull: the contents of one version of a state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.errors import StateError
from provisioner.ids import Root
from provisioner.run.session import Session
from provisioner.state import StateVersion
from provisioner.tfstate import State
from provisioner.tfstate.sensitive import masked_state, shown_attributes


@dataclass(frozen=True, slots=True)
class StateResource:
    """One resource instance in a state."""

    root: Root
    address: str
    type: str
    id: str
    attributes: dict[str, Any]


def list_resources(
    session: Session, roots: Sequence[Root], *, number: int | None = None, reveal: bool = False
) -> list[StateResource]:
    """
    Return the managed resources in the newest states, or in the versions `number` of those roots that have one.

    Raises:
        StateError: a state is unreadable, or no root has that version.
    """
    resources: list[StateResource] = []
    missing: list[StateError] = []
    for root in roots:
        try:
            version = find_version(session, root, number)
        except StateError as error:
            if error.problem.type != "NotFound":
                raise
            missing.append(error)
            continue
        if version is not None:
            resources.extend(_resources(root, version.state(), reveal=reveal))
    if len(missing) == len(roots):
        raise missing[0]
    return resources


def find_version(session: Session, root: Root, number: int | None) -> StateVersion | None:
    """
    Return a version of a root's state, or the newest; None if the log has none.

    Raises:
        StateError: it is unreadable, or there is no version with that number.
    """
    log = session.log(root)
    return log.newest() if number is None else log.read(number)


def pull_state(session: Session, root: Root, number: int | None, *, reveal: bool) -> bytes:
    """
    Return a state: with `reveal` as terraform wrote it, otherwise without sensitive values.

    Raises:
        StateError: there is none, or not that version.
    """
    version = find_version(session, root, number)
    if version is None:
        raise StateError(
            f"there is no {root} state of {session.target.identity.technical_id} in {session.store.describe()}",
            object=session.target.identity.reference,
        )
    if reveal:
        return version.body
    return masked_state(version.state()).to_bytes()


def _resources(root: Root, state: State, *, reveal: bool) -> Iterator[StateResource]:
    for instance in state.instances():
        attributes = shown_attributes(instance, reveal=reveal)
        yield StateResource(root, str(instance.address), instance.address.type, instance.id, attributes)
