"""
What all models share: the strict and tolerant base classes, scalar types with Kubernetes' meaning, object metadata.

Attribute names are the snake_case of the JSON names; JSON names are accepted and written as aliases.

The model modules leave `from __future__ import annotations` out: pydantic would evaluate every annotation again from
its text, a third of the time that importing them takes.
"""

import base64
import binascii
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    StrictInt,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from provisioner.api.text import show_name

T = TypeVar("T")

MAX_ITEMS = 20_000
"""Longest list, far beyond what an API server stores in one object; keeps a hostile file from taking minutes."""


def _json_name(name: str) -> str:
    """Return the JSON name of an attribute. Pydantic's own `to_camel` takes ten times as long, for 300 attributes."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


class ApiModel(BaseModel):
    """The common part of strict and tolerant models."""

    model_config = ConfigDict(
        alias_generator=_json_name,
        populate_by_name=True,
        frozen=True,
        # Building validators costs milliseconds per model; a command builds only those of the objects it meets.
        defer_build=True,
        # Pydantic's own messages never quote the input: it may be a credential.
        hide_input_in_errors=True,
    )


class TolerantModel(ApiModel):
    """A part of a foreign object: unknown fields are ignored, known ones must have the right type."""

    model_config = ConfigDict(extra="ignore")


class StrictModel(ApiModel):
    """A part of a provider configuration: a field it does not know is an error."""

    model_config = ConfigDict(extra="forbid")


def decode_base64(text: str) -> bytes:
    """
    Return the bytes that standard base64 stands for; line breaks and blanks around and between are allowed.

    Raises:
        ValueError: the text is not base64. The message does not quote it.
    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not valid base64") from None


def _check_length(value: object) -> object:
    """Return a list that is not too long; an empty one for null, because Go reads both as "nothing given"."""
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        raise PydanticCustomError("too_many", f"has more than {MAX_ITEMS} items, the limit")
    return () if value is None else value


def _null_is_empty_map(value: object) -> object:
    """Return an empty mapping for null: Go reads both as "nothing given"."""
    return {} if value is None else value


def _null_is_false(value: object) -> object:
    """Return false for null: Go reads both as "nothing given"."""
    return False if value is None else value


def number_is_text(value: object) -> object:
    """Return whole numbers as text; quantities and versions may be written either way."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_int_or_string(value: object) -> int | str:
    """Return a whole number or a string unchanged. Kubernetes accepts either in such a place."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise PydanticCustomError("int_or_string", "must be a whole number or a percentage such as 25%")
    return value


def _read_base64(value: object) -> bytes:
    """Return the bytes behind base64 text; bytes pass through."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a base64 string")
    try:
        return decode_base64(value)
    except ValueError:
        raise PydanticCustomError("base64", "is not valid base64") from None


def _check_base64(value: str) -> str:
    """Return base64 text unchanged."""
    try:
        decode_base64(value)
    except ValueError:
        raise PydanticCustomError("base64", "is not valid base64") from None
    return value


def _write_base64(value: bytes) -> str:
    """Return bytes as standard base64 text."""
    return base64.b64encode(value).decode("ascii")


Int = Annotated[StrictInt, Field(ge=-(2**31), le=2**31 - 1)]
"""A whole number of 32 bits; a quoted one is an error, as in Kubernetes."""

Int64 = Annotated[StrictInt, Field(ge=-(2**63), le=2**63 - 1)]
"""A whole number of 64 bits."""

Flag = Annotated[StrictBool, BeforeValidator(_null_is_false)]
"""True or false; null means false."""

OptionalFlag = StrictBool | None
"""True, false, or not decided."""

Text = Annotated[str, BeforeValidator(number_is_text)]
"""Text that may be written as a number: a version or a quantity."""

IntOrString = Annotated[
    int | str,
    PlainValidator(_check_int_or_string),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
]
"""A number, or a percentage such as `25%`."""

Bytes = Annotated[
    bytes,
    PlainValidator(_read_base64),
    PlainSerializer(_write_base64, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "byte"}),
]
"""Bytes; base64 in YAML and JSON."""

Base64Text = Annotated[str, AfterValidator(_check_base64)]
"""Text that is valid base64, kept as written."""

Items = Annotated[tuple[T, ...], BeforeValidator(_check_length)]
"""A list; null means an empty one."""

Mapping = Annotated[dict[str, T], BeforeValidator(_null_is_empty_map)]
"""A mapping with text keys; null means an empty one."""

Raw = dict[str, Any]
"""A part of an object that is carried along and not looked into."""


class ObjectMeta(TolerantModel):
    """The part of Kubernetes' object metadata that matters here; `managedFields` and the rest are ignored."""

    name: str = ""
    """Name of the object, unique within its namespace and kind."""
    namespace: str | None = None
    """Namespace; unset for cluster-scoped objects and for hand-written manifests that leave it out."""
    uid: str | None = None
    """Identity that the API server gave the object; unset in hand-written manifests."""
    generation: Int64 | None = None
    """Counts the changes of the specification."""
    labels: Mapping[str] = Field(default_factory=dict)
    """Labels."""
    annotations: Mapping[str] = Field(default_factory=dict)
    """Annotations."""
    finalizers: Items[str] = ()
    """Finalizers that keep the object from disappearing."""
    deletion_timestamp: str | None = None
    """When deletion was asked for; unset for a living object."""


class ApiObject(TolerantModel):
    """An object with `apiVersion`, `kind` and `metadata`."""

    api_version: str = ""
    """API group and version."""
    kind: str = ""
    """Kind of the object."""
    metadata: ObjectMeta = Field(default_factory=ObjectMeta)
    """Name, namespace and identity."""

    @property
    def reference(self) -> str:
        """`Kind/name`, as messages name the object."""
        return show_name(f"{self.kind or type(self).__name__}/{self.metadata.name}")


class SecretReference(TolerantModel):
    """A Secret by name and namespace."""

    name: str = ""
    """Name of the Secret."""
    namespace: str | None = None
    """Namespace of the Secret; unset means the referring object's."""


class LastOperation(TolerantModel):
    """Gardener's last operation on the object, and its result."""

    type: str = ""
    """Create, Reconcile, Delete, Migrate or Restore."""
    state: str = ""
    """Processing, Succeeded, Error, Failed, Pending or Aborted."""
    progress: Int | None = None
    """Progress in percent."""
    description: str = ""
    """One sentence for humans."""
    last_update_time: str | None = None
    """When this was written, RFC 3339 with second precision."""


class LastError(TolerantModel):
    """Why the last operation did not succeed."""

    description: str = ""
    """The error, for humans."""
    codes: Items[str] = ()
    """Gardener error codes, sorted."""
    last_update_time: str | None = None
    """When this was written, RFC 3339."""
    task_id: str | None = Field(default=None, alias="taskID")
    """The step that failed, when the operation has steps."""
