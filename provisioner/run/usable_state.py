"""Checks before a run works on a state: the engine can read it, and it is this shoot's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from provisioner.errors import StateError
from provisioner.ids import EntryName
from provisioner.run.session import Session
from provisioner.runner import Engine
from provisioner.runner.engine import terraform_version
from provisioner.state import StateLog, StateVersion
from provisioner.state.soundness import LOOK_BACK, good_version
from provisioner.tfstate import State
from provisioner.translate.names import CLUSTER_TAG_PREFIX, OWNER_TAG, cluster_tag, owner_value

_SHOOT_NAME = re.compile(r"shoot--.+")


def require_usable(session: Session, log: StateLog, newest: StateVersion, engine: Engine) -> None:
    """
    Accept the newest state of a log.

    Raises:
        StateError: a newer terraform wrote it, or it is another shoot's; the message names a version to return to.
    """
    state = newest.state()
    running = terraform_version(engine, session.context.environ, session.context.settings.cache_root())

    def is_good(version: StateVersion) -> bool:
        former = version.state()
        return not _is_newer(former, running) and not find_stranger(session, former)

    def advise() -> str:
        return log.advice.return_to(log.root, good_version(log.before, newest.number, is_good), LOOK_BACK)

    if _is_newer(state, running):
        raise StateError(
            f"terraform {state.terraform_version} wrote the newest version, and {engine.describe()} is terraform "
            f"{running}: it would drop the parts that it does not know",
            object=f"{log.describe()}, version {newest.number}",
            type="NewerTerraform",
            fix=f"use terraform {state.terraform_version} or newer (--terraform), or go back: {advise()}",
        )
    stranger = find_stranger(session, state)
    if stranger:
        raise StateError(
            f"the newest version is the state of another shoot: {stranger}",
            object=f"{log.describe()}, version {newest.number}",
            type="ForeignState",
            fix=advise(),
        )


def find_stranger(session: Session, state: State) -> str:
    """
    Return the proof that a state is another shoot's, or "" if there is none.

    A state with one resource of this shoot is this shoot's: an operator may have adopted the others.
    """
    technical_id, entry_name = session.target.identity.technical_id, session.entry_name
    attributes = [dict(instance.attributes) for instance in state.instances()]
    tag_maps = [dict(values.get("tags") or {}) for values in attributes]
    owners = {str(tags[OWNER_TAG]) for tags in tag_maps if tags.get(OWNER_TAG)}
    if owners:
        # A run makes an entry without a uid as long as the uid is unknown.
        known = {owner_value(entry_name), owner_value(EntryName(technical_id))}
        is_known = owners & known or (
            entry_name == EntryName(technical_id) and any(owner.startswith(f"{technical_id}--") for owner in owners)
        )
        return "" if is_known else f"its resources belong to {min(owners)}"
    clusters = {name for tags in tag_maps for name in tags if name.startswith(CLUSTER_TAG_PREFIX)}
    if clusters:
        return "" if cluster_tag(technical_id) in clusters else f"its resources are tagged {min(clusters)}"
    names = set(_names(attributes))
    if names and not any(name.startswith(technical_id) for name in names):
        return f"it holds {min(names)}"
    return ""


def _names(attributes: list[dict[str, Any]]) -> Iterator[str]:
    for values in attributes:
        for key, value in values.items():
            if (key == "name" or key.endswith("_name")) and isinstance(value, str) and _SHOOT_NAME.match(value):
                yield value


def _is_newer(state: State, running: str | None) -> bool:
    wrote, runs = _release(state.terraform_version), _release(running)
    return wrote is not None and runs is not None and wrote > runs


def _release(version: object) -> tuple[int, int] | None:
    """Return major and minor version: patch releases do not change the format of states."""
    match = re.match(r"(\d+)\.(\d+)", version) if isinstance(version, str) else None
    return None if match is None else (int(match[1]), int(match[2]))
