"""What of a state is not shown unless somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

MASK = "(sensitive value)"

_ALWAYS_SENSITIVE = ("user_data", "password", "kms_encrypted_password")
"""Masked even where a state does not mark them, as after an import."""


def sensitive_names(instance: Mapping[str, Any]) -> set[str]:
    """Return the attributes of a resource instance that are sensitive as a whole or in a part."""
    marked = {
        step["value"]
        for path in instance.get("sensitive_attributes") or ()
        for step in path[:1]
        if isinstance(step, dict) and step.get("type") == "get_attr"
    }
    return marked | set(_ALWAYS_SENSITIVE)


def shown_attributes(instance: Mapping[str, Any], *, reveal: bool) -> dict[str, Any]:
    """Return the attributes of a resource instance; sensitive ones are masked unless `reveal`."""
    attributes = dict(instance.get("attributes") or {})
    if not reveal:
        for name in sensitive_names(instance):
            if attributes.get(name) is not None:
                attributes[name] = MASK
    return attributes


def masked_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a state without its sensitive values."""
    masked = deepcopy(dict(state))
    for output in (masked.get("outputs") or {}).values():
        if output.get("sensitive"):
            output["value"] = MASK
    for resource in masked.get("resources") or ():
        for instance in resource["instances"]:
            if instance.get("attributes") is not None:
                instance["attributes"] = shown_attributes(instance, reveal=False)
    return masked
