"""The stored records: state versions with their metadata, and lease events. Every key is documented here."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, Self, TypeAlias, get_args

from provisioner.errors import StateError
from provisioner.ids import EntryName
from provisioner.objectstore import StoredObject
from provisioner.place import Place
from provisioner.tfstate import State

STATE_METADATA: Mapping[str, str] = {
    "run": "id of the run that wrote this version",
    "lease": "number of the acquire or takeover event of the run's lease, decimal",
    "operation": "what the run was doing: plan, apply, destroy, ...",
    "serial": "the state's own serial, decimal; missing in a fence before the first state",
    "lineage": "the state's own lineage; missing in a fence before the first state",
    "fence": "`true` when the version repeats the one before it, so that an older holder's append loses",
    "fault": "in a fence: why the version that it repeats, or a missing one in its place, is not usable",
    "number": "the version's own number, decimal; a copy under another number is not a version of the log",
    "cloud-kind, cloud-account, cloud-region": "the cloud that the state is true for, as `Place.to_metadata` gives it",
    "store-bucket, store-owner, store-created, store-location": "the store that has it, likewise",
}
"""
Object metadata of a state version (`x-oss-meta-*` in OSS). A version that an operator put there has none and counts as
well; one of an older program has neither `number` nor place.
"""

UNKNOWN_PLACE: Final = Place()

EventKind: TypeAlias = Literal["acquire", "renew", "release", "takeover", "disturb", "moved"]
Outcome: TypeAlias = Literal["clean", "failed"]


@dataclass(frozen=True, slots=True)
class StateVersion:
    """One version of a state, read from the log."""

    number: int
    """Its position in the log, from 1."""
    body: bytes = field(repr=False)
    """The Terraform state as terraform wrote it. Holds secrets."""
    serial: int
    lineage: str
    metadata: Mapping[str, str]
    """See STATE_METADATA."""
    last_modified: datetime

    def state(self) -> State:
        """Return the state itself; raises StateError if terraform did not write it."""
        return State.from_bytes(self.body)

    @property
    def is_fence(self) -> bool:
        """Whether it only repeats the version before it, to seal the log at a take-over."""
        return self.metadata.get("fence") == "true"


@dataclass(frozen=True, slots=True)
class StateVersionInfo:
    """One version as a listing shows it, without reading it."""

    number: int
    serial: int | None
    """None: a listing does not show it."""
    size: int
    """Bytes."""
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """A log's move from one place to another, stored as `{"from": ..., "to": ...}` with both as JSON objects."""

    source: Place
    target: Place

    def to_document(self) -> dict[str, object]:
        """Return the stored form."""
        return {"from": self.source.to_document(), "to": self.target.to_document()}

    @classmethod
    def from_document(cls, document: Any) -> Self:
        """Return the move from its stored form; raises ValueError, TypeError or KeyError if it is none."""
        return cls(Place.from_document(document["from"]), Place.from_document(document["to"]))


@dataclass(frozen=True, slots=True)
class LeaseEvent:
    """
    One event in the chain of a lease, stored as a JSON object with these keys; times are RFC 3339, UTC.

    A key with a default may be missing: an older program wrote neither `number` nor the keys after it here. Reserved,
    and not written yet: `input_digest`, `cloud_digest`, `duration_seconds`.
    """

    event: EventKind
    """acquire: a run took a free lease; renew: the holder is alive; release: the holder is done; takeover: a run took
    an expired lease from a holder that never released it; disturb: a former holder was still working after that, so the
    next run has to look for what it left. A disturb does not change the holder of the lease: its other keys are those
    of the event before it. moved: the log is in another place from now on, and no run holds the lease."""
    run: str
    """Id of the run that wrote the event; in a disturb, of the run that wrote the event before it."""
    host: str
    """Name of its machine, for people."""
    boot_id: str
    """Identifies the machine's boot, so that a run knows whether the holder ran since the machine last booted."""
    operation: str
    """What the run does: plan, apply, destroy, ..."""
    at: datetime
    """When the run wrote the event, by the object store's clock."""
    since: datetime
    """When this run acquired the lease."""
    expires: datetime
    """Until when the holder may work without a newer event; for a release, when the run wrote it."""
    ttl_seconds: float
    """How long the holder's lease lasts; a taker waits a sixth of it beyond `expires`."""
    outcome: Outcome | None = None
    """Only in a release. clean: nothing can exist in the cloud that the newest state does not list."""
    state: int | None = None
    """The number of the newest state version that the run knows: where the next run starts to look."""
    unclean_since: datetime | None = None
    """When the first run acquired the lease that did not end clean and that no run has cleaned up after; missing when
    there is none. Objects that it left in the cloud are not older than this."""
    unsettled_since: datetime | None = None
    """When a run or its terraform was last cut off; missing when none was since a run ended clean. Its last calls may
    become visible until a settling time later, so an earlier look proves nothing."""
    repeats: EventKind | None = None
    """Only in a disturb: the kind of the event before it, or the kind that this one repeats."""
    disturbed_by: str | None = None
    """Only in a disturb: id of the former holder's run, which wrote it."""
    number: int | None = None
    """The event's own number; a copy under another number is not an event of the chain."""
    state_digest: str | None = None
    """SHA-256 of the body of version `state`, in hexadecimal."""
    place: Place = UNKNOWN_PLACE
    """The cloud that the state is true for, and the store that has it. An event without a place takes the newest one
    that its chain knows."""
    beside: tuple[EntryName, ...] = ()
    """Entries whose objects of this shoot's name the operator told runs to leave alone."""
    binds: tuple[str, ...] = ()
    """Ids of the bindings of the user's free EIPs that a run was about to make. Nothing else proves such a binding if
    the run is killed before it is in a state. A clean release removes the ids."""
    moved: Move | None = None
    """Only in a moved: from where to where."""

    def to_json(self) -> bytes:
        """Return the stored form: JSON, one key to a line, without keys that have no value."""
        content: dict[str, object] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, datetime):
                value = _write_time(value)
            elif isinstance(value, Place | Move):
                value = value.to_document()
            if value is not None and value not in ((), {}):
                content[name] = value
        return json.dumps(content, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, body: bytes, object: str) -> LeaseEvent:
        """
        Return the event; this ignores unknown keys, so that a newer program may add some.

        Raises:
            StateError: this is not a lease event (`UnreadableLease`), or a newer program wrote an event of a new kind.
        """
        try:
            content = json.loads(body)
            if content["event"] not in get_args(EventKind):
                if content.get("number") is not None:
                    raise _of_newer_program(str(content["event"]), object)
                raise ValueError(f"unknown event {content['event']!r}")
            if content["event"] == "disturb" and content.get("repeats") not in get_args(EventKind):
                raise ValueError(f"it repeats an unknown event {content.get('repeats')!r}")
            unclean, unsettled = content.get("unclean_since"), content.get("unsettled_since")
            moved = content.get("moved")
            return cls(
                event=content["event"],
                run=str(content["run"]),
                host=str(content["host"]),
                boot_id=str(content["boot_id"]),
                operation=str(content["operation"]),
                at=_read_time(content["at"]),
                since=_read_time(content["since"]),
                expires=_read_time(content["expires"]),
                ttl_seconds=_read_duration(content["ttl_seconds"]),
                outcome=content.get("outcome"),
                state=_read_number(content, "state"),
                unclean_since=None if unclean is None else _read_time(unclean),
                unsettled_since=None if unsettled is None else _read_time(unsettled),
                repeats=content.get("repeats"),
                disturbed_by=content.get("disturbed_by"),
                number=_read_number(content, "number"),
                state_digest=content.get("state_digest"),
                place=Place.from_document(content.get("place")),
                beside=tuple(EntryName(str(entry)) for entry in content.get("beside", ())),
                binds=tuple(str(id) for id in content.get("binds", ())),
                moved=None if moved is None else Move.from_document(moved),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise StateError(
                f"this is not a lease event: {type(error).__name__}: {error}",
                object=object,
                type="UnreadableLease",
            ) from error

    @property
    def is_free(self) -> bool:
        """Whether no run holds the lease after this event."""
        return (self.repeats or self.event) in ("release", "moved")

    def describe(self) -> str:
        """Return which run holds the lease, since when, doing what, and until when."""
        return (
            f"run {self.run} on {self.host} holds the state: {self.operation} since {format_time(self.since)}, "
            f"until {format_time(self.expires)} unless it renews"
        )

    @property
    def is_clean(self) -> bool:
        """Whether its run certainly left nothing behind."""
        return self.event in ("release", "moved") and self.outcome == "clean"

    @property
    def leaves_since(self) -> datetime | None:
        """When the first run began that may have left objects in the cloud by this event; None if none did."""
        return None if self.is_clean else self.unclean_since or self.since


def is_empty_fence(stored: StoredObject) -> bool:
    """Return whether an object of the log marks a take-over before the first state, and holds no state."""
    return not stored.body and stored.metadata.get("fence") == "true"


def format_time(time: datetime) -> str:
    """Return a time as messages show it: UTC, whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _of_newer_program(kind: str, object: str) -> StateError:
    return StateError(
        f"a newer version of this program wrote the event {kind!r}, which this one does not know",
        object=object,
        type="NewerLease",
        fix="use that version",
    )


def _write_time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time


def _read_duration(value: Any) -> float:
    seconds = float(value)
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"{value} is no duration")
    return seconds


def _read_number(content: Mapping[str, Any], name: str) -> int | None:
    value = content.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise ValueError(f"{name} is no number")
    return value
