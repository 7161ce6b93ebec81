"""What is stored: state versions with their metadata, and lease events. Every key is documented here."""

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
    "lease": "number of the acquire or takeover event under which it was written, decimal",
    "operation": "what the run was doing: plan, apply, destroy, ...",
    "serial": "the state's own serial, decimal; missing in a fence before the first state",
    "lineage": "the state's own lineage; missing in a fence before the first state",
    "fence": "`true` when the version repeats the one before it, so that an older holder's append loses",
    "fault": "in a fence: why the version that it repeats, or what should be in its place, cannot be used",
    "number": "the version's own number, decimal; a copy under another number is none of the log's versions",
    "cloud-kind, cloud-account, cloud-region": "the cloud that the state is true for, as `Place.to_metadata` gives it",
    "store-bucket, store-owner, store-created, store-location": "the store that it lies in, likewise",
}
"""
Object metadata of a state version (`x-oss-meta-*` in OSS). A version put by hand has none and is read as well; one of
an older program has neither `number` nor place.
"""

UNKNOWN_PLACE: Final = Place()

EventKind: TypeAlias = Literal["acquire", "renew", "release", "takeover", "disturb", "moved"]
Outcome: TypeAlias = Literal["clean", "failed"]


@dataclass(frozen=True, slots=True)
class StateVersion:
    """One version of a state, read from the log."""

    number: int
    """Its place in the log, from 1."""
    body: bytes = field(repr=False)
    """The Terraform state as it was written. Holds secrets."""
    serial: int
    lineage: str
    metadata: Mapping[str, str]
    """See STATE_METADATA."""
    last_modified: datetime

    def state(self) -> State:
        """Return the state itself; raises StateError when terraform did not build it."""
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
    """None: a listing does not tell it."""
    size: int
    """Bytes."""
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """A log's way from one place to another, stored as `{"from": ..., "to": ...}` with both as JSON objects."""

    source: Place
    target: Place

    def to_document(self) -> dict[str, object]:
        """Return the stored form."""
        return {"from": self.source.to_document(), "to": self.target.to_document()}

    @classmethod
    def from_document(cls, document: Any) -> Self:
        """Return the move that `to_document` gave; raises ValueError, TypeError or KeyError when it is none."""
        return cls(Place.from_document(document["from"]), Place.from_document(document["to"]))


@dataclass(frozen=True, slots=True)
class LeaseEvent:
    """
    One event in the chain of a lease, stored as a JSON object with these keys; times are RFC 3339, UTC.

    What has a default may be missing: an older program wrote none of `number` and what follows it here. Reserved, and
    written by nobody yet: `input_digest`, `cloud_digest`, `duration_seconds`.
    """

    event: EventKind
    """acquire: a free lease was taken; renew: the holder lives; release: the holder is done; takeover: an expired lease
    was taken from a holder that never released it; disturb: a former holder was still at work after it was taken, so
    what it left has to be looked for. A disturb changes nothing about who holds the lease: its other keys are those of
    the event before it. moved: the log lies in another place from now on, and nobody holds the lease."""
    run: str
    """Id of the run that wrote the event; in a disturb, of the one that wrote the event before it."""
    host: str
    """Name of its machine, for people."""
    boot_id: str
    """Identifies the machine's boot, so that a run on the same boot can tell itself from one on another."""
    operation: str
    """What the run does: plan, apply, destroy, ..."""
    at: datetime
    """When, by the object store's clock."""
    since: datetime
    """When this run acquired the lease."""
    expires: datetime
    """Until when the holder may work without a newer event; for a release, when it was written."""
    ttl_seconds: float
    """How long the holder's lease lasts; a taker waits a sixth of it beyond `expires`."""
    outcome: Outcome | None = None
    """Only in a release. clean: nothing can exist in the cloud that the newest state does not list."""
    state: int | None = None
    """The number of the newest state version the run knows of: where the next one starts to look."""
    unclean_since: datetime | None = None
    """When the first of the runs acquired the lease that ended neither clean nor were cleaned up after; missing when
    there is none. What it left in the cloud is not older than this."""
    unsettled_since: datetime | None = None
    """When a run or its terraform was last cut off; missing when none was since a run ended clean. What it was doing
    then may show in the cloud a settling time later, so an earlier look proves nothing."""
    repeats: EventKind | None = None
    """Only in a disturb: the kind of the event before it, or what that one repeats."""
    disturbed_by: str | None = None
    """Only in a disturb: id of the former holder's run, which wrote it."""
    number: int | None = None
    """The event's own number; a copy under another number is none of the chain's events."""
    state_digest: str | None = None
    """SHA-256 of the body of version `state`, in hexadecimal."""
    place: Place = UNKNOWN_PLACE
    """Which cloud the state is true for, and which store it lies in. An event that does not say takes the newest place
    that its chain knows."""
    beside: tuple[EntryName, ...] = ()
    """Entries whose objects of this shoot's name the operator has said to leave alone."""
    binds: tuple[str, ...] = ()
    """Ids of the bindings that a run was about to make of addresses which it does not own, and which were free then.
    Nothing else proves such a binding, if the run is killed before it is in a state. A clean release ends it."""
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
        Return the event; unknown keys are ignored, so that a newer program may add some.

        Raises:
            StateError: it is not a lease event (`UnreadableLease`), or one of a kind that only a newer program knows.
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
        """Whether nobody holds the lease after this event."""
        return (self.repeats or self.event) in ("release", "moved")

    def describe(self) -> str:
        """Return who holds the lease, since when, doing what, and until when."""
        return (
            f"run {self.run} on {self.host} holds the state: {self.operation} since {format_time(self.since)}, "
            f"until {format_time(self.expires)} unless it renews"
        )

    @property
    def is_clean(self) -> bool:
        """Whether the run that wrote it is known to have left nothing behind."""
        return self.event in ("release", "moved") and self.outcome == "clean"

    @property
    def leaves_since(self) -> datetime | None:
        """When the first run began that may have left something in the cloud by this event; None if none did."""
        return None if self.is_clean else self.unclean_since or self.since


def is_empty_fence(stored: StoredObject) -> bool:
    """Return whether an object of the log marks a take-over before the first state, and holds none."""
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
