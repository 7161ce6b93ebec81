"""State history: every version of a state, which run wrote it, and what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from provisioner.errors import StateError
from provisioner.ids import Root
from provisioner.run.session import Session
from provisioner.state import StateVersionInfo
from provisioner.state.chain import find_event
from provisioner.tfstate import State
from provisioner.tfstate.diff import digest_instances

_READERS = 8
"""How many versions it reads at a time: a read is mostly waiting, and a version has some hundred kilobytes."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How many resources a version adds, removes and changes, compared with the last readable one before it."""

    added: int
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One version of a state: its time, run and operation, its resources and its changes."""

    root: Root
    number: int
    serial: int | None
    """None if the version is unreadable."""
    time: datetime
    operation: str
    """What the run did; `take-over` if another run sealed the log with this version."""
    run: str
    host: str
    """Empty if the lease's event is gone or unreadable."""
    lease: str
    size: int
    """In bytes, as stored."""
    resources: int | None
    """None if the version is unreadable."""
    changes: Changes | None
    """None if the version is unreadable."""

    @property
    def is_readable(self) -> bool:
        """Whether the version is a state."""
        return self.resources is not None


@dataclass(frozen=True, slots=True)
class _Summary:
    info: StateVersionInfo
    metadata: Mapping[str, str]
    serial: int | None
    digests: Mapping[str, str] | None
    """Digest of each resource by address; None if the version is unreadable."""


def read_history(session: Session, root: Root) -> list[HistoryEntry]:
    """Return every version of a root's state, oldest first."""
    log = session.log(root)

    def summarize(info: StateVersionInfo) -> _Summary | None:
        try:
            stored = log.raw(info.number)
        except StateError as error:
            if error.problem.type != "NotFound":
                raise
            return None  # a run has deleted it since the listing
        try:
            state = State.from_bytes(stored.body)
            return _Summary(info, stored.metadata, state.serial, digest_instances(state))
        except StateError:
            return _Summary(info, stored.metadata, None, None)

    with ThreadPoolExecutor(max_workers=_READERS) as executor:
        summaries = [summary for summary in executor.map(summarize, log.history()) if summary is not None]
    hosts = _hosts(session, root, {summary.metadata.get("lease", "") for summary in summaries})
    entries: list[HistoryEntry] = []
    before: Mapping[str, str] = {}
    for summary in summaries:
        metadata, after = summary.metadata, summary.digests
        lease = metadata.get("lease", "")
        entries.append(
            HistoryEntry(
                root,
                summary.info.number,
                summary.serial,
                summary.info.last_modified,
                operation="take-over" if metadata.get("fence") == "true" else metadata.get("operation", ""),
                run=metadata.get("run", ""),
                host=hosts.get(lease, ""),
                lease=lease,
                size=summary.info.size,
                resources=None if after is None else len(after),
                changes=None if after is None else _changes(before, after),
            )
        )
        before = before if after is None else after
    return entries


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    return Changes(
        added=len(after.keys() - before.keys()),
        removed=len(before.keys() - after.keys()),
        changed=sum(before[address] != after[address] for address in before.keys() & after.keys()),
    )


def _hosts(session: Session, root: Root, leases: Iterable[str]) -> dict[str, str]:
    """Return the host of each lease whose event is still there and readable."""
    log = session.log(root)
    hosts: dict[str, str] = {}
    for lease in sorted(filter(str.isdecimal, leases)):
        try:
            event = find_event(log, int(lease))
        except StateError:
            continue
        if event is not None:
            hosts[lease] = event.host
    return hosts
