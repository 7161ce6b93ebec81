"""
Plans a change the way the provider SDK behind aliyun/alicloud (terraform-plugin-sdk v1) does.

The rules that differ from a modern provider's: null and the zero value are the same thing, an attribute with a default
is filled in although it is not computed, and an Optional+Computed attribute that is left out keeps what was read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from provisioner.sandbox.provider.codec import UNKNOWN, is_known
from provisioner.sandbox.provider.schema import Attribute, Block, NestedBlock, ResourceSchema
from provisioner.sandbox.provider.suppression import Lookup, is_suppressed, stored_form

Path = tuple[str | int, ...]
"""Attribute names, and positions in lists."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The result of planning a change."""

    planned: dict[str, Any]
    requires_replace: tuple[Path, ...]


def plan_change(schema: ResourceSchema, prior: Mapping[str, Any] | None, proposed: Mapping[str, Any]) -> Plan:
    """Return the plan for creating (`prior` is None) or updating an object towards `proposed`."""
    planned = _plan_block(schema.block, prior, proposed, proposed.get)
    if schema.has_timeouts:
        planned["timeouts"] = proposed.get("timeouts")
    if prior is None:
        planned["id"] = UNKNOWN
        return Plan(planned, ())
    if not any(_changes(schema.block, prior, planned)):
        # Also when only `timeouts` differ, or null became a zero value: the prior state itself says "no changes".
        return Plan(dict(prior), ())
    return Plan(planned, tuple(_replacements(schema.block, prior, planned, ())))


def is_same(kind: str, old: Any, new: Any) -> bool:
    """Return whether two values of an attribute are equal to the SDK, for which null and zero are one value."""
    if old is UNKNOWN or new is UNKNOWN:
        return False
    if not old or not new:
        return not old and not new
    if kind == "set":
        return is_known(old) and is_known(new) and sorted(map(_key, old)) == sorted(map(_key, new))
    if kind == "map":
        return bool(_without_nulls(old) == _without_nulls(new))
    return bool(old == new)


def settle(
    schema: ResourceSchema, value: dict[str, Any], against: Mapping[str, Any], *, applied: bool
) -> dict[str, Any]:
    """
    Return `value`, which a resource produced, with the nulls and empties of `against` where the two mean the same.

    `against` is the planned state after an apply and the current state after a read. After an apply null and empty
    collections count as the same, and a set, or a map of which nothing is known, is taken as planned; after a read only
    an empty string survives.
    """
    settled = dict(value)
    for name, attribute in schema.block.attributes.items():
        settled[name] = _settle_value(attribute.kind, value.get(name), against.get(name), applied=applied)
    for name, nested in schema.block.blocks.items():
        settled[name] = _settle_value(nested.nesting, value.get(name), against.get(name), applied=applied) or []
    if schema.has_timeouts:
        settled["timeouts"] = against.get("timeouts")
    return settled


def _settle_value(kind: str, new: Any, old: Any, *, applied: bool) -> Any:
    if old is UNKNOWN:
        return new
    if kind == "string":
        return "" if new is None and old == "" else new
    if kind not in ("list", "set", "map"):
        return new
    if applied and not old and not new:
        return old
    if applied and kind in ("set", "map") and old is not None and is_known(old) and (kind == "set" or not new):
        return old
    return new


def _plan_block(
    block: Block, prior: Mapping[str, Any] | None, proposed: Mapping[str, Any], lookup: Lookup
) -> dict[str, Any]:
    before = prior or {}
    planned = {
        name: _plan_attribute(attribute, before.get(name), proposed.get(name), lookup, is_new=prior is None)
        for name, attribute in block.attributes.items()
    }
    for name, nested in block.blocks.items():
        planned[name] = _plan_nested(nested, before.get(name), proposed.get(name), lookup, is_new=prior is None)
    return planned


def _plan_attribute(attribute: Attribute, old: Any, proposed: Any, lookup: Lookup, *, is_new: bool) -> Any:
    new = attribute.default if proposed is None else proposed
    if new is UNKNOWN or (attribute.kind == "set" and not is_known(new)):
        return UNKNOWN  # a set is one value: which members it has is not known before all of them are
    if attribute.state_func and isinstance(new, str):
        new = stored_form(attribute.state_func, new)
    if isinstance(new, dict):
        new = _without_nulls(new)
    if attribute.computed and (new is None or new in ("", [], {})):
        return UNKNOWN if is_new else old
    if not is_new and is_same(attribute.kind, old, new):
        return new if old is None else old
    if attribute.diff_suppress and new is not None:

        def known(name: str) -> Any:
            value = lookup(name)
            return None if value is UNKNOWN else value

        if is_suppressed(attribute.diff_suppress, old, new, known):
            return UNKNOWN if is_new and attribute.computed else old
    return new


def _plan_nested(nested: NestedBlock, old: Any, new: Any, lookup: Lookup, *, is_new: bool) -> Any:
    if new is UNKNOWN:
        return UNKNOWN
    if not new:
        if nested.computed:
            return UNKNOWN if is_new else old or []
        return []
    before = [] if old in (None, UNKNOWN) else list(old)
    if nested.nesting == "list":
        return [
            _plan_block(nested.block, before[index] if index < len(before) else None, element, lookup)
            for index, element in enumerate(new)
        ]
    planned = []
    for element in new:
        match = next((candidate for candidate in before if _fits(nested.block, candidate, element)), None)
        if match is not None:
            before.remove(match)
        planned.append(match if match is not None else _plan_block(nested.block, None, element, lookup))
    return planned


def _fits(block: Block, candidate: Mapping[str, Any], element: Mapping[str, Any]) -> bool:
    """Return whether `candidate` is what came of the configured set `element`; members are found by value only."""
    for name, attribute in block.attributes.items():
        wanted = attribute.default if element.get(name) is None else element[name]
        if wanted is None and attribute.computed:
            continue
        if not is_same(attribute.kind, candidate.get(name), wanted):
            return False
    return True


def _changes(block: Block, prior: Mapping[str, Any], planned: Mapping[str, Any]) -> Iterator[str]:
    for name, attribute in block.attributes.items():
        if not is_same(attribute.kind, prior.get(name), planned.get(name)):
            yield name
    for name, nested in block.blocks.items():
        if _nested_differs(nested, prior.get(name), planned.get(name)):
            yield name


def _nested_differs(nested: NestedBlock, old: Any, new: Any) -> bool:
    if new is UNKNOWN or old is UNKNOWN:
        return True
    old, new = old or [], new or []
    if len(old) != len(new):
        return True
    if nested.nesting == "list":
        return any(any(_changes(nested.block, before, after)) for before, after in zip(old, new, strict=True))
    remaining = list(old)
    for after in new:
        match = next((before for before in remaining if not any(_changes(nested.block, before, after))), None)
        if match is None:
            return True
        remaining.remove(match)
    return False


def _replacements(block: Block, prior: Mapping[str, Any], planned: Mapping[str, Any], at: Path) -> Iterator[Path]:
    for name, attribute in block.attributes.items():
        if attribute.force_new and not is_same(attribute.kind, prior.get(name), planned.get(name)):
            yield (*at, name)
    for name, nested in block.blocks.items():
        old, new = prior.get(name) or [], planned.get(name)
        if not _nested_differs(nested, old, new):
            continue
        if nested.force_new or new is UNKNOWN:
            if nested.force_new:
                yield (*at, name)
        elif nested.nesting == "list":
            absent: dict[str, Any] = {}
            for index, (before, after) in enumerate(zip_longest(old, new or [], fillvalue=absent)):
                yield from _replacements(nested.block, before, after, (*at, name, index))


def _without_nulls(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: element for key, element in value.items() if element is not None}


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
