"""A Terraform state that is only read."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.errors import StateError
from provisioner.tfstate.address import Address


@dataclass(frozen=True, slots=True)
class Instance:
    """One managed object in a state."""

    address: Address
    content: Mapping[str, Any]
    """As it stands in the state."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes of the object; empty when terraform knows none."""
        return self.content.get("attributes") or {}

    @property
    def id(self) -> str:
        """The object's id in the cloud; empty when it has none."""
        return str(self.attributes.get("id") or "")

    @property
    def status(self) -> str:
        """`tainted`, or empty."""
        return str(self.content.get("status") or "")

    @property
    def is_tainted(self) -> bool:
        """Whether terraform would replace it, because its creation did not come to its end."""
        return self.status == "tainted"

    @property
    def is_deposed(self) -> bool:
        """Whether it only waits to be deleted: another object has its address."""
        return "deposed" in self.content

    @property
    def label(self) -> str:
        """Its address, told from that of the object that has taken its place."""
        return f"{self.address} (deposed {self.content['deposed']})" if self.is_deposed else str(self.address)


class State:
    """A Terraform state, never changed; an empty one stands for no state at all."""

    __slots__ = ("content",)

    def __init__(self, content: Mapping[str, Any] | None = None) -> None:
        self.content: Mapping[str, Any] = content or {}
        """As terraform wrote it."""

    @classmethod
    def from_bytes(cls, body: bytes) -> State:
        """
        Return the state that a file holds; an empty file holds none.

        Raises:
            StateError: the file is not built as terraform builds one.
        """
        if not body.strip():
            return cls()
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            # From nothing: the decoder's error carries the whole document, and with it every secret in the state.
            raise _malformed() from None
        return cls(content)

    def to_bytes(self) -> bytes:
        """Return it as a file of terraform's."""
        return json.dumps(self.content, indent=2).encode() + b"\n"

    @property
    def is_empty(self) -> bool:
        """Whether it lists no resource."""
        return not self.content.get("resources")

    @property
    def serial(self) -> int | None:
        """The number that grows with every change; None without a state."""
        return self.content.get("serial")

    @property
    def terraform_version(self) -> str | None:
        """The version of the engine that wrote it."""
        return self.content.get("terraform_version")

    @property
    def outputs(self) -> dict[str, Any]:
        """The output values by name."""
        return {name: output.get("value") for name, output in (self.content.get("outputs") or {}).items()}

    def instances(self) -> tuple[Instance, ...]:
        """
        Return every object that terraform manages.

        Raises:
            StateError: the state is not built as terraform builds one.
        """
        try:
            return tuple(self._instances())
        except (KeyError, TypeError, AttributeError) as error:
            raise _malformed() from error

    def objects(self) -> frozenset[tuple[str, str]]:
        """Return type and id of every object that the state says exists; raises as `instances`."""
        return frozenset((instance.address.type, instance.id) for instance in self.instances() if instance.id)

    def mentions(self, id: str) -> bool:
        """Return whether an id appears anywhere in it as a whole value."""
        return f'"{id}"' in json.dumps(self.content)

    def has_same_resources(self, other: State) -> bool:
        """Return whether both list the same, whatever their serials are."""
        return bool(self.content.get("resources") == other.content.get("resources"))

    def with_serial(self, serial: int) -> State:
        """Return the state under another serial."""
        return State({**self.content, "serial": serial})

    def without(self, blocks: Collection[Address]) -> State:
        """Return the state without all instances at these addresses (`Address.block`)."""
        kept = [resource for resource in self.content.get("resources", ()) if _address(resource) not in blocks]
        return State({**self.content, "resources": kept})

    def _instances(self) -> Iterator[Instance]:
        for resource in self.content.get("resources", ()):
            if resource["mode"] == "managed":
                for content in resource["instances"]:
                    yield Instance(_address(resource, content.get("index_key")), content)


def _address(resource: Mapping[str, Any], key: str | int | None = None) -> Address:
    return Address(resource.get("module", ""), resource["type"], resource["name"], key)


def _malformed() -> StateError:
    return StateError("the state is not built as terraform builds one", type="UnreadableState")
