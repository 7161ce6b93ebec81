"""A JSON file as plain data, as strict as YAML: see `yaml_stream`."""

from __future__ import annotations

import json
from typing import Any

from provisioner.api.text import show
from provisioner.manifests.read_error import MAX_DEPTH, TOO_DEEP, ReadError
from provisioner.manifests.yaml_stream import resolve_scalar


def read_json(data: bytes) -> Any:
    """
    Return the value of a JSON file.

    Raises:
        ReadError: its data is refused.
        ValueError: it is not JSON; it may still be YAML.
    """
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_unique_pairs,
            parse_float=str,
            parse_int=resolve_scalar,
            parse_constant=str,
        )
    except RecursionError:
        raise ReadError(1, "TooMany", TOO_DEEP) from None
    if _is_deeper(value, MAX_DEPTH):
        raise ReadError(1, "TooMany", TOO_DEEP)
    if b"\\ud" in data.lower():
        _check_surrogates(value)
    return value


def _check_surrogates(value: Any) -> None:
    """Refuse half a surrogate pair, which JSON can escape and no text can hold: nothing could be written with it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        detail = "text with half of a surrogate pair (an escape from \\ud800 to \\udfff that stands alone)"
        raise ReadError(0, "Invalid", detail, "write both halves, or leave it out") from None


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, refusing a key that occurs twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ReadError(0, "Duplicate", f"key {show(key)} occurs twice", "keep one of them")
            seen.add(key)
    return found


def _is_deeper(value: Any, limit: int) -> bool:
    """Return whether data is nested deeper than `limit` containers."""
    level = [value]
    for _ in range(limit + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)
