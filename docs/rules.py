"""The table of rules in docs/validation.md, read from the rules themselves."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from provisioner import validation
from provisioner.validation.findings import Rule

ERROR_TYPES: Final = frozenset({"Duplicate", "Forbidden", "Invalid", "NotSupported", "Required", "TooLong", "TooMany"})
"""Kubernetes' field error types (k8s.io/apimachinery pkg/util/validation/field)."""

_IN_SCHEMA: Final = {
    "yes": "yes",
    "partly": "partly: the form of each value, not how they relate",
    "fields": "no: compares fields",
    "objects": "no: looks at other objects",
    "computed": "no: computes with values",
    "before": "no: compares with the older object",
}
_ALWAYS = "always"
_FOR_CHANGES = "new and changed values"
_BEYOND = "new and changed values; warning for an existing object"
_UPDATE = "with `--old`"
_NOTE = "always; `validate` calls it a note"
_NOTICE = re.compile(r"Yield a problem (.*)")


@dataclass(frozen=True)
class DocumentedRule:
    """One rule as the table has it."""

    name: str
    """`<module>.<check>`, where it is found in provisioner/validation."""
    notice: str
    """For what it yields a problem, or when: `if ...`, `for each ...`, `unless ...`."""
    source: str
    """Where the rule is from; empty when it is the source of its module."""
    applies: str
    types: tuple[str, ...]
    in_schema: str
    rule: Rule[Any]


def documented_rules() -> Iterator[tuple[str, str, list[DocumentedRule]]]:
    """
    Yield every subject: the first sentence of its module, the source of its rules, and the rules.

    Raises:
        ValueError: a rule does not say for what it yields a problem, or where it is from.
    """
    for found in sorted(pkgutil.iter_modules(validation.__path__), key=lambda module: module.name):
        module = import_module(f"{validation.__name__}.{found.name}")
        rules = [
            _document(module, rule)
            for name, value in vars(module).items()
            if name.endswith("_RULES") and isinstance(value, tuple)
            for rule in value
            if rule.check.__module__ == module.__name__
        ]
        if rules:
            yield _first_sentence(module.__doc__ or ""), _source(module.__doc__ or ""), rules


def render_rules() -> str:
    """Return the tables, one for each subject."""
    parts = []
    for title, source, rules in documented_rules():
        rows = [f"### {title}", "", *([f"Source: {source}.", ""] if source else [])]
        rows += ["| rule | a problem | applies | error | in a JSON Schema |", "|---|---|---|---|---|"]
        for rule in rules:
            cells = (
                f"`{rule.name}`",
                f"{rule.notice} (source: {rule.source})" if rule.source else rule.notice,
                rule.applies,
                ", ".join(rule.types),
                rule.in_schema,
            )
            rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def _document(module: ModuleType, rule: Rule[Any]) -> DocumentedRule:
    name = f"{module.__name__.rpartition('.')[2]}.{rule.check.__name__.removeprefix('check_')}"
    notice = _NOTICE.match(_first_sentence(rule.check.__doc__ or ""))
    source = _source(rule.check.__doc__ or "")
    types = tuple(sorted(_types_of(rule.check, set())))
    if notice is None or not types or not (source or _source(module.__doc__ or "")):
        raise ValueError(f"{name}: its docstring says no `Yield a problem ...`, it has no `Source:`, or no error type")
    applies = _UPDATE if rule.in_schema == "before" else _ALWAYS
    applies = _BEYOND if rule.is_beyond_gardener else _FOR_CHANGES if rule.is_for_changes else applies
    applies = _NOTE if rule.is_note else applies
    return DocumentedRule(name, notice.group(1), source, applies, types, _IN_SCHEMA[rule.in_schema], rule)


def _first_sentence(docstring: str) -> str:
    first = " ".join(inspect.cleandoc(docstring).partition("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z])", first)[0].removesuffix(".")


def _source(docstring: str) -> str:
    """Return what the paragraph `Source:` says, or nothing."""
    for paragraph in inspect.cleandoc(docstring).split("\n\n"):
        if paragraph.startswith("Source:"):
            return " ".join(paragraph.removeprefix("Source:").split()).removesuffix(".")
    return ""


def _types_of(function: FunctionType | Any, seen: set[Any]) -> set[str]:
    """Return the error types that a check and the functions of this project that it calls can give."""
    if function in seen:
        return set()
    seen.add(function)
    found: set[str] = set()
    for code in _codes(function.__code__):
        found |= {constant for constant in code.co_consts if isinstance(constant, str)} & ERROR_TYPES
        for name in code.co_names:
            called = function.__globals__.get(name)
            if isinstance(called, FunctionType) and called.__module__.startswith("provisioner."):
                found |= _types_of(called, seen)
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code, and that of the functions and comprehensions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
