"""
Fields of an object that Gardener does not know, and values of a type that it does not take.

The models list what matters here and pass over the rest, and so over a misspelt name. `gardener_fields.json` has every
field of Gardener's types: docs/gardener_fields.py writes it.

Source: gardener pkg/apis (core v1beta1, extensions and security v1alpha1), gardener-extension-provider-alicloud
pkg/apis/alicloud/v1alpha1 (statuses), k8s.io/apimachinery (ObjectMeta, LabelSelector) and k8s.io/api (Secret, Taint),
read 2026-11; the file says of which versions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from provisioner.api.text import nearest, show_name
from provisioner.errors import Problem
from provisioner.manifests.objects import KINDS, MAX_PROBLEMS, describe, format_path, has_model, object_label
from provisioner.manifests.rest import Location

_FILE: Final = Path(__file__).with_name("gardener_fields.json")

_SCALARS: Final[Mapping[str, frozenset[type]]] = {
    "s": frozenset({str}),
    "i": frozenset({int}),
    "b": frozenset({bool}),
    # Quantities, numbers or percentages, and fractions, which the reader leaves as text.
    "q": frozenset({str, int}),
    "r": frozenset({str, int, bool, dict, list}),
}
"""What the letters for types mean; `r` is JSON that Gardener does not look into."""
_WORDS: Final = {"s": "text", "i": "a whole number", "b": "true or false", "q": "text or a number", "[": "a list"}
_STATUSES: Final = frozenset({"status", "infrastructureProviderStatus"})
_MOST_WRONG_LETTERS: Final = 2
_DID_YOU_MEAN: Final = "did you mean "


class Oddity(NamedTuple):
    """A field that is not as Gardener has it."""

    location: Location
    """Where it is."""
    expected: str
    """What its value would have to be, in words; empty when Gardener has no such field."""
    nearest: str | None
    """The known name that looks most like its own."""
    value: Any
    """Its value, if that has a wrong type."""


class Catalogue(NamedTuple):
    """The fields of Gardener's types."""

    version: str
    """Version of Gardener that they are of."""
    kinds: Mapping[str, str]
    """The type of each kind."""
    types: Mapping[str, Mapping[str, str]]
    """Fields by type: `s`, `i`, `b`, `q` or `r`, or the name of a type; behind `[` and `{` in lists and maps."""


@cache
def catalogue() -> Catalogue:
    """Return the fields of Gardener's types."""
    document = json.loads(_FILE.read_bytes())
    version = ".".join(document["of"]["gardener"].split(".")[:2])
    return Catalogue(version, document["kinds"], document["types"])


def check_fields(data: Mapping[str, Any], source: str, problems: Sequence[Problem]) -> list[Problem]:
    """
    Return a warning for each field of an object that Gardener does not have, or whose value Gardener does not take.

    A field that the models have is their business: they refuse a wrong type, and `problems` is what they found. Some of
    their fields are of older Gardeners.
    """
    kind = KINDS[str(data["kind"])]
    walk = _Walk(catalogue().types)
    walk.examine(data, str(data["kind"]))
    if not walk.found:
        return []
    label = object_label(data, source)
    refused = {problem.path for problem in problems}
    warnings = []
    for oddity in walk.found:
        path = format_path(oddity.location)
        if path not in refused and not has_model(kind.model, oddity.location):
            warnings.append(Problem(label, path, *_describe(oddity)))
    if len(warnings) > MAX_PROBLEMS:
        warnings[MAX_PROBLEMS:] = [Problem(label, "", "TooMany", f"more than {MAX_PROBLEMS} fields like the last one")]
    return warnings


def explain_missing(problems: Sequence[Problem], odd_fields: Sequence[Problem]) -> list[Problem]:
    """Return the problems of an object; one about a missing field asks whether an unknown one was meant to be it."""
    meant = {}
    for odd in odd_fields:
        parent, dot, name = odd.path.rpartition(".")
        if odd.fix.startswith(_DID_YOU_MEAN):
            meant[parent + dot + odd.fix.removeprefix(_DID_YOU_MEAN).rstrip("?")] = name
    return [
        replace(problem, fix=f"was {meant[problem.path]} meant to be it?")
        if problem.type == "Required" and problem.path in meant
        else problem
        for problem in problems
    ]


def _describe(oddity: Oddity) -> tuple[str, str, str]:
    """Return type, detail and fix; a value is not shown, it may be in the wrong place."""
    if oddity.expected:
        return "Invalid", f"must be {oddity.expected}, not {describe(oddity.value, hides=True)}; it is not used", ""
    detail = f"unknown field: Gardener {catalogue().version} has none of this name here, so it is not used"
    fix = f"{_DID_YOU_MEAN}{show_name(oddity.nearest)}?" if oddity.nearest else "correct its name or remove it"
    return "Forbidden", detail, fix


class _Walk:
    """One walk over an object: it gathers what is odd."""

    def __init__(self, types: Mapping[str, Mapping[str, str]]) -> None:
        self._types = types
        self._looked_up = 0
        self.found: list[Oddity] = []

    def examine(self, data: Mapping[str, Any], kind: str) -> None:
        """Gather what is odd in an object of a kind; provider configurations are not in the catalogue."""
        name = catalogue().kinds.get(kind)
        if name is not None:
            self._examine_object(data, self._types[name], ())

    def _examine_object(self, data: Mapping[str, Any], fields: Mapping[str, str], location: Location) -> None:
        for key, value in data.items():
            expected = fields.get(key)
            if expected is None:
                self._add_unknown(key, fields, location)
            elif value is not None and type(value) not in _SCALARS.get(expected, ()):
                # Most values are scalars of the right type, and do not come here.
                self._examine_value(value, expected, (*location, key))

    def _examine_value(self, value: Any, expected: str, location: Location) -> None:
        first, inner = expected[0], expected[1:]
        if value is None or type(value) in _SCALARS.get(expected, ()):
            return
        if first == "[" and isinstance(value, list):
            for index, item in enumerate(value):
                self._examine_value(item, inner, (*location, index))
        elif first == "{" and isinstance(value, dict):
            for key, item in value.items():
                self._examine_value(item, inner, (*location, key))
        elif expected in self._types and isinstance(value, dict):
            self._examine_object(value, self._types[expected], location)
        elif len(self.found) <= MAX_PROBLEMS:
            self.found.append(Oddity(location, _WORDS.get(expected[0], "a mapping"), None, value))

    def _add_unknown(self, key: str, fields: Mapping[str, str], location: Location) -> None:
        """
        Note a field that Gardener does not have.

        A status is written by Gardener, perhaps by a newer one: there it counts only if it looks like a known one.
        """
        self._looked_up += 1
        near = None
        if self._looked_up <= MAX_PROBLEMS:  # it takes a while
            near = _nearest_field(key, fields)
        if len(self.found) <= MAX_PROBLEMS and (near is not None or _STATUSES.isdisjoint(location)):
            self.found.append(Oddity((*location, key), "", near, None))


def _nearest_field(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like `name`, or that becomes it with one or two wrong letters."""
    found = nearest(name, known)
    if found is not None:
        return found
    return next((other for other in sorted(known) if _is_misspelt(name.lower(), other.lower())), None)


def _is_misspelt(name: str, meant: str) -> bool:
    """Return whether at most two letters are wrong, missing or too many."""
    if abs(len(name) - len(meant)) > _MOST_WRONG_LETTERS:
        return False
    row = list(range(len(meant) + 1))
    for number, letter in enumerate(name, 1):
        before, row = row, [number]
        for column, other in enumerate(meant, 1):
            row.append(min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != other)))
    return row[-1] <= _MOST_WRONG_LETTERS
