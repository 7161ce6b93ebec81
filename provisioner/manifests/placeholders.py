"""
Values that still are a placeholder, as manifests in documentation have them: `...`, `<shared-vpc-id>`.

Source: the forms in docs/ and example/ of gardener-extension-provider-alicloud and gardener, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.manifests.objects import (
    HIDDEN_NAMES,
    KINDS,
    SECRET_KINDS,
    format_path,
    has_model,
    object_label,
)
from provisioner.manifests.rest import Location

_HINTS: Final = (
    *(b"...", b"\xe2\x80\xa6", b"\\u2026", b"<", b"\\u003c", b"base64(", b"TODO", b"FIXME", b"CHANGE", b"REPLACE"),
    *(b"-xxxx", b"-XXXX", b"-****"),
)
"""A file with a placeholder has one of them somewhere; comments often have."""
_MOST_COMMENTS: Final = 100
# Compiled where they are needed: most files need none.
_PLACEHOLDER: Final = (
    r"\S*(?:\.\.\.|\u2026)"  # nothing else, or the begin of something long
    r"|\S*<[A-Za-z][^<>\n]*>\S*"
    r"|base64\([^()\n]*\)"
    r"|(?:TODO|FIXME)\b.*|CHANGE[-_ ]?ME|REPLACE[-_ ]?ME"
)
_ID: Final = r"[a-z]{1,8}-(?:x{4,}|X{4,}|\*{4,})"
"""An id whose digits are not there: `vpc-xxxxxxxx`; only where an id belongs, it could be the name of something."""
_WHOLE: Final = r"\.\.\.|\u2026|<[A-Za-z][^<>\n]*>|base64\([^()\n]*\)"
"""What stands for the whole of a text in which anything may stand, such as user data that ends in an ellipsis."""
_LONGEST: Final = 300
_MAPS: Final = frozenset({"labels", "annotations"})
"""What stands in them is for others to read."""
_USER_DATA: Final = "cloud_config"
_USED_KEYS: Final = frozenset({"accessKeyID", "accessKeySecret", "securityToken", _USER_DATA, "id_rsa.pub"})
"""The keys of Secrets that are used."""


def mentions_placeholder(data: bytes) -> bool:
    """Return whether a file may have a placeholder; most have none outside comments, and need no closer look."""
    return any(_is_in(hint, data) for hint in _HINTS)


def _is_in(hint: bytes, data: bytes) -> bool:
    position = -1
    for _ in range(_MOST_COMMENTS):
        position = data.find(hint, position + 1)
        if position < 0:
            return False
        begin = data.rfind(b"\n", 0, position) + 1
        if not data[begin:position].lstrip().startswith(b"#"):
            return True
    return True


def is_placeholder(text: str) -> bool:
    """Return whether a text stands for a value that is not there yet."""
    return len(text) <= _LONGEST and re.fullmatch(_PLACEHOLDER, text.strip()) is not None


def check_placeholders(data: Mapping[str, Any], source: str) -> list[Problem]:
    """Return a problem for each field of an object that is used and that still is a placeholder."""
    kind_name = str(data["kind"])
    label = object_label(data, source)
    problems = []
    for location, text in _texts(data, ()):
        if location[-1] == _USER_DATA and not re.fullmatch(_WHOLE, text.strip()):
            continue
        if not (is_placeholder(text) or (str(location[-1]).lower().endswith("id") and re.fullmatch(_ID, text))):
            continue
        if _is_used(kind_name, location):
            hides = kind_name in SECRET_KINDS or not HIDDEN_NAMES.isdisjoint(location)
            detail = "still is a placeholder" + ("" if hides else f": {show(text)}")
            problems.append(Problem(label, format_path(location), "Invalid", detail, "put the value in its place"))
    return problems


def _texts(value: Any, location: Location) -> Iterator[tuple[Location, str]]:
    """Yield every text in a value, with its place."""
    if isinstance(value, str):
        yield location, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*location, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*location, index))


def _is_used(kind_name: str, location: Location) -> bool:
    """Return whether a run uses the field."""
    if kind_name in SECRET_KINDS and location[0] in ("data", "stringData"):
        # Of `data`, each value must be base64, which a placeholder is not.
        return location[0] == "data" or location[-1] in _USED_KEYS
    if "status" in location or not _MAPS.isdisjoint(location):
        return False
    return has_model(KINDS[kind_name].model, location)
