"""The values of a state that are masked unless the operator asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from provisioner.tfstate.state import Instance, State

MASK: Final = "(sensitive value)"

_ALWAYS_SENSITIVE: Final = ("user_data", "password", "kms_encrypted_password")
"""Masked even where a state does not mark them, as after an import."""


def sensitive_names(instance: Instance) -> set[str]:
    """Return the attributes of a resource instance that are sensitive as a whole or in a part."""
    return _names(instance.content)


def shown_attributes(instance: Instance, *, reveal: bool) -> dict[str, Any]:
    """Return the attributes of a resource instance; sensitive ones are masked unless `reveal`."""
    return dict(instance.attributes) if reveal else _masked(instance.content)


def masked_state(state: State) -> State:
    """Return a copy of a state without its sensitive values."""
    masked = deepcopy(dict(state.content))
    for output in (masked.get("outputs") or {}).values():
        if output.get("sensitive"):
            output["value"] = MASK
    for resource in masked.get("resources") or ():
        for content in resource["instances"]:
            if content.get("attributes") is not None:
                content["attributes"] = _masked(content)
    return State(masked)


def _masked(content: Mapping[str, Any]) -> dict[str, Any]:
    attributes = dict(content.get("attributes") or {})
    return attributes | {name: MASK for name in _names(content) if attributes.get(name) is not None}


def _names(content: Mapping[str, Any]) -> set[str]:
    marked = {
        step["value"]
        for path in content.get("sensitive_attributes") or ()
        for step in path[:1]
        if isinstance(step, dict) and step.get("type") == "get_attr"
    }
    return marked | set(_ALWAYS_SENSITIVE)
