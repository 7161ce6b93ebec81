"""Checks a configuration before anything is planned, with the provider SDK's texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.sandbox.provider.codec import UNKNOWN
from provisioner.sandbox.provider.diagnostics import Diagnostic, error, warning
from provisioner.sandbox.provider.schema import Attribute, Block, NestedBlock


def check_configuration(block: Block, config: Mapping[str, Any], at: str = "") -> Iterator[Diagnostic]:
    """
    Yield what is wrong with `config`; terraform itself has already checked types, required attributes and unknown ones.

    `at` is the prefix of attribute names in texts, such as `data_disk.0.`.
    """
    for name, attribute in sorted(block.attributes.items()):
        value = config.get(name)
        contradictions = list(_check_peers(name, attribute, config, at))
        yield from contradictions
        if value is not None and not contradictions:
            yield from _check_use(at + name, attribute)
            if value is not UNKNOWN:
                yield from _check_value(at + name, attribute, value)
    for name, nested in sorted(block.blocks.items()):
        elements = config.get(name)
        if elements is UNKNOWN or not elements:
            continue
        yield from _check_nested(name, nested, config, at)
        for index, element in enumerate(elements):
            if element is not UNKNOWN:
                yield from check_configuration(nested.block, element, f"{at}{name}.{index}.")


def _check_use(label: str, attribute: Attribute) -> Iterator[Diagnostic]:
    if attribute.removed:
        yield error(f'"{label}": [REMOVED] {attribute.removed}')
    if attribute.deprecated:
        yield warning(f'"{label}": [DEPRECATED] {attribute.deprecated}')
    if label == "id":
        yield error('"id": this field cannot be set')


def _check_nested(name: str, nested: NestedBlock, config: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
    if nested.removed:
        yield error(f'"{at}{name}": [REMOVED] {nested.removed}')
    for other in nested.conflicts_with:
        if _is_set(config, other):
            yield error(f'"{at}{name}": conflicts with {other}')


def _check_peers(name: str, attribute: Attribute, config: Mapping[str, Any], at: str) -> Iterator[Diagnostic]:
    label = f'"{at}{name}"'
    if config.get(name) is not None:
        for other in attribute.conflicts_with:
            if _is_set(config, other) and config.get(other) is not UNKNOWN:
                yield error(f"{label}: conflicts with {other}")
    if attribute.exactly_one_of:
        names = sorted({*attribute.exactly_one_of, name})
        given = [peer for peer in names if _is_set(config, peer) and config[peer] is not UNKNOWN]
        if not given and not any(config.get(peer) is UNKNOWN for peer in names):
            yield error(f"{label}: one of `{','.join(names)}` must be specified")
        if len(given) > 1:
            yield error(
                f"{label}: only one of `{','.join(names)}` can be specified, but `{','.join(given)}` were specified."
            )
    if attribute.at_least_one_of:
        names = sorted({*attribute.at_least_one_of, name})
        if not any(_is_set(config, peer) for peer in names):
            yield error(f"{label}: one of `{','.join(names)}` must be specified")


def _check_value(label: str, attribute: Attribute, value: Any) -> Iterator[Diagnostic]:
    if attribute.allowed and not _is_allowed(attribute, value):
        yield error(f"expected {label} to be one of {_listed(attribute.allowed)}, got {_shown(attribute, value)}")
    if attribute.validation:
        yield from (error(text) for text in _refusals(label, attribute.validation, value))
    if isinstance(value, list):
        if attribute.max_items and len(value) > attribute.max_items:
            yield error(
                f"{label}: attribute supports {attribute.max_items} item maximum, config has {len(value)} declared"
            )
        if len(value) < attribute.min_items:
            yield error(
                f"{label}: attribute supports {attribute.min_items} item as a minimum, config has {len(value)} declared"
            )
        for index, element in enumerate(value):
            if attribute.element_allowed and element is not UNKNOWN and element not in attribute.element_allowed:
                yield error(
                    f"expected {label}.{index} to be one of {_listed(attribute.element_allowed)}, got {element}"
                )


def _refusals(label: str, validation: Mapping[str, Any], value: Any) -> list[str]:
    """Return why a validator refuses `value`; `Any` refuses with the reasons of all its choices."""
    choices = validation["of"] if validation["kind"] == "Any" else [validation]
    texts = [_refusal(label, choice, value) for choice in choices]
    return texts if all(texts) else []


def _refusal(label: str, validation: Mapping[str, Any], value: Any) -> str:
    """Return why a validator refuses `value`; empty when it does not."""
    arguments = validation.get("args", ())
    match validation["kind"]:
        case "IntBetween" if not arguments[0] <= value <= arguments[1]:
            return f"expected {label} to be in the range ({arguments[0]} - {arguments[1]}), got {value}"
        case "IntAtLeast" if value < arguments[0]:
            return f"expected {label} to be at least ({arguments[0]}), got {value}"
        case "IntInSlice" if value not in validation["values"]:
            return f"expected {label} to be one of {_listed(validation['values'])}, got {value}"
        case "StringLenBetween" if not arguments[0] <= len(value.encode()) <= arguments[1]:
            return f"expected length of {label} to be in the range ({arguments[0]} - {arguments[1]}), got {value}"
        case "StringMatch" if not re.search(validation["pattern"], value):
            usual = f'expected value of {label} to match regular expression "{validation["pattern"]}", got {value}'
            return f"invalid value for {label} ({validation['message']})" if "message" in validation else usual
    return ""


def _is_set(config: Mapping[str, Any], name: str) -> bool:
    value = config.get(name)
    return value is not None and value != []


def _is_allowed(attribute: Attribute, value: Any) -> bool:
    if attribute.ignore_case:
        return str(value).lower() in {str(option).lower() for option in attribute.allowed}
    return value in attribute.allowed


def _shown(attribute: Attribute, value: Any) -> str:
    return "a sensitive value" if attribute.sensitive else str(value)


def _listed(values: Any) -> str:
    return "[" + " ".join(str(value) for value in values) + "]"
