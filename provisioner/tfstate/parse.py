"""Recognises a state file, without looking at its resources."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from provisioner.errors import StateError

STATE_FORMAT = 4
"""The state file format of Terraform 0.12 to 1.x and of OpenTofu."""

_LINEAGE = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class ParsedState:
    """The facts about a state file that the log needs."""

    serial: int
    lineage: str


def parse_state(body: bytes, object: str = "") -> ParsedState:
    """
    Return the facts that a state file has about itself; `object` names it in errors.

    Raises:
        StateError: it is cut short or no JSON, is of a format that terraform up to 1.x does not write, or has no usable
            serial and lineage. The message never quotes the file.
    """
    try:
        content: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = "is empty" if not body.strip() else "is not complete JSON"
        # The decoder's error carries the whole document, and with it every secret in the state; its text does not.
        raise StateError(
            f"the state {reason} ({len(body)} bytes)", object=object, type="UnreadableState"
        ) from ValueError(str(error))
    if not isinstance(content, dict):
        raise _unusable(object, "is not a JSON object")
    version, serial, lineage = content.get("version"), content.get("serial"), content.get("lineage")
    if isinstance(version, int) and version > STATE_FORMAT:
        raise _unusable(object, f"has format {version}, which a newer terraform wrote")
    if version != STATE_FORMAT:
        raise _unusable(object, f"has no format {STATE_FORMAT}")
    if not isinstance(serial, int) or isinstance(serial, bool) or serial < 0:
        raise _unusable(object, "has no serial")
    if not isinstance(lineage, str) or not _LINEAGE.fullmatch(lineage):
        raise _unusable(object, "has no usable lineage")
    return ParsedState(serial, lineage)


def _unusable(object: str, what: str) -> StateError:
    return StateError(f"the state {what}", object=object, type="UnreadableState")
