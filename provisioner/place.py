"""
The place of a state: the one cloud that it is true for, and the one store that keeps it.

A state names objects by ids that mean nothing in another account or region. A run that asks the wrong cloud about them
hears that they do not exist, and would take a live shoot for one that is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from provisioner.ids import AccountId, RegionId

REAL_CLOUD: Final = "alibabacloud"
"""The kind of the real cloud; a sandbox has its own id instead."""


@dataclass(frozen=True, slots=True)
class CloudPlace:
    """A region of an account of a cloud. That of a state with objects never changes."""

    kind: str
    """`alibabacloud`, or the id of one sandbox, for example `sandbox-5f3a...`."""
    account: AccountId
    """AccountId of GetCallerIdentity: the same for every user and role of the account."""
    region: RegionId

    def __str__(self) -> str:
        """Return it as messages name it."""
        where = "" if self.kind == REAL_CLOUD else f" of {self.kind}"
        return f"account {self.account}, region {self.region}{where}"


@dataclass(frozen=True, slots=True)
class StorePlace:
    """
    What identifies a bucket, from GetBucketInfo; never a host, since one bucket has several.

    A value that the caller may not read is empty, and then says nothing.
    """

    bucket: str
    owner: str = ""
    """The id of the account that owns it."""
    created: str = ""
    """RFC 3339: a bucket that was deleted and made again under its name is another one."""
    location: str = ""
    """For example `oss-eu-central-1`."""

    def __str__(self) -> str:
        """Return it as messages name it."""
        known = [
            f"{word} {value}"
            for word, value in (("of account", self.owner), ("in", self.location), ("created", self.created))
            if value
        ]
        return f"bucket {self.bucket}" + (f" ({', '.join(known)})" if known else "")

    def may_be(self, other: StorePlace) -> bool:
        """Return whether both can be the same bucket: no value that both know differs."""
        pairs = zip(_values(self), _values(other), strict=True)
        return all(not mine or not theirs or mine == theirs for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Place:
    """The place as every version, lease event and journal records it; None for an unknown half."""

    cloud: CloudPlace | None = None
    store: StorePlace | None = None

    def or_else(self, older: Place) -> Place:
        """Return this place, with what it does not know taken from an `older` one."""
        return Place(self.cloud or older.cloud, self.store or older.store)

    def may_be(self, other: Place) -> bool:
        """Return whether both can be the same place: no value that both know differs."""
        same_cloud = self.cloud is None or other.cloud is None or self.cloud == other.cloud
        return same_cloud and (self.store is None or other.store is None or self.store.may_be(other.store))

    @property
    def is_whole(self) -> bool:
        """Whether both halves are known."""
        return self.cloud is not None and self.store is not None

    def to_document(self) -> dict[str, dict[str, str]]:
        """Return the form in which lease events and journals hold it, without unknown values."""
        return {
            name: {key: value for key, value in _items(half) if value}
            for name, half in (("cloud", self.cloud), ("store", self.store))
            if half is not None
        }

    @classmethod
    def from_document(cls, document: Any) -> Self:
        """
        Return the place that `to_document` gave; ignores keys that a newer program added.

        Raises:
            ValueError: it is none.
        """
        if document is None:
            return cls()
        try:
            cloud, store = document.get("cloud"), document.get("store")
            return cls(
                None if cloud is None else CloudPlace(*(str(cloud[name]) for name in _CLOUD_KEYS)),  # type: ignore[arg-type]
                None if store is None else StorePlace(*(str(store.get(name, "")) for name in _STORE_KEYS)),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"this is not a place: {type(error).__name__}: {error}") from error

    def to_metadata(self) -> dict[str, str]:
        """Return the form in which the metadata of a state version holds it: `cloud-account`, `store-bucket`, ..."""
        return {f"{name}-{key}": value for name, half in self.to_document().items() for key, value in half.items()}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Self:
        """Return the place that a version's metadata holds; an empty one if there is none."""
        halves = {
            name: {key: metadata[f"{name}-{key}"] for key in keys if f"{name}-{key}" in metadata}
            for name, keys in (("cloud", _CLOUD_KEYS), ("store", _STORE_KEYS))
        }
        cloud, store = halves["cloud"], halves["store"]
        return cls.from_document(
            {
                "cloud": cloud if len(cloud) == len(_CLOUD_KEYS) else None,
                "store": store if "bucket" in store else None,
            }
        )


_CLOUD_KEYS: Final = tuple(field.name for field in fields(CloudPlace))
_STORE_KEYS: Final = tuple(field.name for field in fields(StorePlace))


def _items(half: CloudPlace | StorePlace) -> Iterator[tuple[str, str]]:
    return ((field.name, getattr(half, field.name)) for field in fields(half))


def _values(half: StorePlace) -> list[str]:
    return [value for _, value in _items(half)]
