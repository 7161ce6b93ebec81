"""The readable rest of an object: everything but the fields that a model refuses, or that it lacks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

_MOST_ROUNDS = 40
"""Each round goes one level deeper into what is missing at most; objects have less than 25 levels."""

_EMPTY: Mapping[str, Any] = {
    "bool_type": False,
    "int_type": 0,
    "greater_than_equal": 0,
    "less_than_equal": 0,
    "int_or_string": 0,
    "tuple_type": [],
    "dict_type": {},
    "model_type": {},
}
_ABSENT = object()
_PROVIDER_CONFIGS = frozenset({"providerConfig", "infrastructureConfig"})

Location: TypeAlias = tuple[int | str, ...]
"""A place in an object: keys, and positions in lists."""


def read_rest(read: Callable[[Any], BaseModel], data: Mapping[str, Any], error: ValidationError) -> BaseModel | None:
    """
    Return the object without the fields that `read` refused with an `error`; None if that does not help.

    Everything else stays where it is. A refused field has its default, or else is empty: "", 0, false, or a list or
    mapping with nothing in it.
    """
    rest: Any = copy.deepcopy(dict(data))
    for _ in range(_MOST_ROUNDS):
        for item in error.errors(include_url=False, include_input=False):
            if not _mend(rest, item["loc"], item["type"], str(item.get("ctx", {}).get("expected", ""))):
                return None
        try:
            return read(rest)
        except ValidationError as next_error:
            error = next_error
    return None


def without_fields(data: Mapping[str, Any], locations: Iterable[Location]) -> dict[str, Any]:
    """Return data without some of its fields: null in a field means that it is not given, to Go."""
    changed: dict[str, Any] = copy.deepcopy(dict(data))
    for location in locations:
        parent: Any = changed
        for part in location[:-1]:
            parent = parent[part]
        del parent[location[-1]]
    return changed


def fill_gaps(
    read: Callable[[Any], BaseModel], data: Mapping[str, Any], error: ValidationError, parts: Collection[Location]
) -> Mapping[str, Any]:
    """
    Return the object with something empty for each required field that it lacks within the `parts`, as Go reads it.

    Provider configurations are left as they are: those are read strictly everywhere.
    """
    rest: Any = copy.deepcopy(dict(data))
    for _ in range(_MOST_ROUNDS):
        gaps = [
            item
            for item in error.errors(include_url=False)
            if _PROVIDER_CONFIGS.isdisjoint(item["loc"])
            and (item["type"] == "missing" or item["input"] is None)
            and any(item["loc"][: len(part)] == part and len(item["loc"]) > len(part) for part in parts)
        ]
        for item in gaps:
            _mend(rest, item["loc"], item["type"], "")
        if not gaps:
            break
        try:
            read(rest)
            break
        except ValidationError as next_error:
            error = next_error
    return rest  # type: ignore[no-any-return]  # a copy of a mapping


def _mend(rest: Any, location: Location, kind: str, expected: str) -> bool:
    """Make a refused place of an object one step emptier; return whether there is such a place."""
    parent: Any = rest
    for part in location[:-1]:
        parent = _child(parent, part)
    if not location or not isinstance(parent, dict | list):
        return False
    key: Any = location[-1]
    value = _child(parent, key)
    if value is _ABSENT and (kind != "missing" or not isinstance(parent, dict)):
        return False
    if kind == "missing" or (isinstance(parent, list) and value is not None):
        parent[key] = None
    elif value is None:
        parent[key] = _empty(kind, expected)
    elif location == ("status",):
        parent[key] = {}  # without one the object would count as new
    else:
        del parent[key]
    return True


def _child(parent: Any, part: int | str) -> Any:
    if isinstance(parent, dict):
        return parent.get(part, _ABSENT)
    if isinstance(parent, list) and isinstance(part, int) and part < len(parent):
        return parent[part]
    return _ABSENT


def _empty(kind: str, expected: str) -> Any:
    if kind == "literal_error":  # its text is 'a', 'b' or 'c'
        return expected.split("'")[1] if "'" in expected else ""
    return copy.copy(_EMPTY.get(kind, ""))
