"""The schema of the resource types served here, read from `schema.json`."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

Nesting = Literal["single", "list", "set"]

NO_TIMEOUT_GIVEN_MINUTES = 20
"""The provider SDK's timeout for an operation for which the resource declares none."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """
    One attribute and the rules that decide how it is planned.

    `type` is Terraform's type constraint: `string`, `number`, `bool`, or a list such as `["map", "string"]`.
    """

    type: Any
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False
    float: bool = False
    force_new: bool = False
    deprecated: str = ""
    removed: str = ""
    default: str | int | bool | None = None
    allowed: tuple[Any, ...] = ()
    ignore_case: bool = False
    element_allowed: tuple[Any, ...] = ()
    validation: Mapping[str, Any] = field(default_factory=dict)
    conflicts_with: tuple[str, ...] = ()
    exactly_one_of: tuple[str, ...] = ()
    at_least_one_of: tuple[str, ...] = ()
    min_items: int = 0
    max_items: int = 0
    diff_suppress: str = ""
    state_func: str = ""

    @property
    def kind(self) -> str:
        """Return `string`, `number`, `bool`, `list`, `set` or `map`."""
        return self.type if isinstance(self.type, str) else self.type[0]


@dataclass(frozen=True, slots=True)
class Block:
    """Attributes and nested blocks, by name."""

    attributes: Mapping[str, Attribute]
    blocks: Mapping[str, NestedBlock]


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """A block inside a block."""

    nesting: Nesting
    block: Block
    min_items: int = 0
    max_items: int = 0
    force_new: bool = False
    computed: bool = False
    """Leaving the block out keeps what was read; still written as a block."""
    removed: str = ""
    conflicts_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceSchema:
    """A resource type (or the provider's own configuration, whose `type_name` is `alicloud`)."""

    type_name: str
    version: int
    file: str
    """The real provider's source file, which its error texts name."""
    timeouts_minutes: Mapping[str, int]
    """Default timeout per operation; the type has a `timeouts` block exactly when this is not empty."""
    block: Block

    def timeout_seconds(self, operation: str) -> float:
        """Return the default timeout of `create`, `update` or `delete`."""
        return self.timeouts_minutes.get(operation, NO_TIMEOUT_GIVEN_MINUTES) * 60.0

    @property
    def has_timeouts(self) -> bool:
        """Return whether the type accepts a `timeouts` block."""
        return bool(self.timeouts_minutes)

    def empty(self) -> dict[str, Any]:
        """Return an object of this type with nothing set."""
        value: dict[str, Any] = dict.fromkeys(self.block.attributes)
        value.update({name: [] for name in self.block.blocks})
        if self.has_timeouts:
            value["timeouts"] = None
        return value


@dataclass(frozen=True, slots=True)
class ProviderSchema:
    """Everything in `schema.json`."""

    provider: ResourceSchema
    resources: Mapping[str, ResourceSchema]


@functools.cache
def load_schema() -> ProviderSchema:
    """Return the schema; the file is read once per process."""
    text = resources.files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    document = json.loads(text)
    return ProviderSchema(
        provider=_resource("alicloud", document["provider"]),
        resources={name: _resource(name, content) for name, content in document["resources"].items()},
    )


def _resource(name: str, content: dict[str, Any]) -> ResourceSchema:
    return ResourceSchema(
        type_name=name,
        version=content["version"],
        file=content.get("file", "provider.go"),
        timeouts_minutes=content.get("timeouts", {}),
        block=_block(content["block"]),
    )


def _block(content: dict[str, Any]) -> Block:
    return Block(
        attributes={name: Attribute(**_frozen(values)) for name, values in content["attributes"].items()},
        blocks={
            name: NestedBlock(**_frozen({**values, "block": _block(values["block"])}))
            for name, values in content.get("blocks", {}).items()
        },
    )


def _frozen(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) and key != "type" else value for key, value in values.items()}
