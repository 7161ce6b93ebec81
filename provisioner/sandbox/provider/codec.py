"""Terraform's wire format for values: msgpack, with one extension for what is not known yet."""

from __future__ import annotations

import json
from typing import Any, Final

import msgpack  # type: ignore[import-untyped] # has no type information


class _Unknown:
    """The type of `UNKNOWN`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value that is only known after apply. Compare with `is`."""

_UNKNOWN_EXTENSION = msgpack.ExtType(0, b"\x00")
_EXTENSION_CODES = frozenset({0, 12})  # 12: an unknown value with refinements, which we do not need


def decode(message: Any) -> Any:
    """Return the value of a `DynamicValue`: Python objects, None for null, `UNKNOWN` for unknown."""
    if message.msgpack:
        return msgpack.unpackb(message.msgpack, ext_hook=_read_extension, strict_map_key=False)
    if message.json:
        return json.loads(message.json)
    return None


def encode(value: Any) -> bytes:
    """Return `value` as msgpack."""
    packed: bytes = msgpack.packb(value, default=_write_extension)
    return packed


def is_known(value: Any) -> bool:
    """Return whether neither `value` nor anything inside it is unknown."""
    if isinstance(value, dict):
        return all(is_known(element) for element in value.values())
    if isinstance(value, list):
        return all(is_known(element) for element in value)
    return value is not UNKNOWN


def known_only(value: Any) -> Any:
    """Return `value` with everything unknown replaced by None."""
    if value is UNKNOWN:
        return None
    if isinstance(value, dict):
        return {key: known_only(element) for key, element in value.items()}
    if isinstance(value, list):
        return [known_only(element) for element in value]
    return value


def _read_extension(code: int, data: bytes) -> Any:
    if code in _EXTENSION_CODES:
        return UNKNOWN
    raise ValueError(f"msgpack extension {code}")


def _write_extension(value: Any) -> Any:
    if value is UNKNOWN:
        return _UNKNOWN_EXTENSION
    raise TypeError(f"cannot encode {type(value).__name__}")
