"""The paths of the schemas: every place of the full objects, grouped by what the schema calls it."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from provisioner.api.model import number_is_text
from provisioner.manifests.field_names import catalogue
from provisioner.manifests.objects import KINDS, Location, format_path, has_model

_REQUIRED: Mapping[str, list[str]] = json.loads(Path(__file__).with_name("gardener_required.json").read_text())[
    "required"
]
"""Fields that Gardener's types must have, by type: docs/gardener_fields.py writes it."""
_MAPS_OF_CONFIGS = frozenset({"capabilities"})


@dataclass(frozen=True)
class Place:
    """One place in one object."""

    kind: str
    location: Location
    expected: str
    """Its type: a letter of the catalogue, `[`, `{`, or `.` for an object with fields of its own."""
    type: str
    """`Type.field`; for a configuration of the provider, only the field."""
    is_named: bool
    """Whether its name is a field's, and not a key of a map or a position in a list."""
    known: frozenset[str] = frozenset()
    """All names that a field here could have."""

    @property
    def schema(self) -> str:
        """The path in the schema: positions and keys do not matter."""
        return f"{self.kind} " + ".".join("[]" if isinstance(part, int) else part for part in self.location)

    @property
    def path(self) -> str:
        """The path as problems have it."""
        return format_path(self.location)

    @property
    def is_used(self) -> bool:
        """Whether a model has the field."""
        return has_model(KINDS[self.kind].model, self.location)

    @property
    def is_required_by_gardener(self) -> bool:
        """Whether Gardener's type has to have it."""
        name, _, field = self.type.rpartition(".")
        return field in _REQUIRED.get(name, ())

    @property
    def is_required_by_model(self) -> bool:
        """Whether the model has to have it."""
        field = _field(self.kind, self.location)
        return field is not None and field.is_required()

    @property
    def takes_numbers(self) -> bool:
        """Whether text here may be written as a number: versions and quantities may."""
        field = _field(self.kind, self.location)
        return field is not None and _has_part(field.annotation, field.metadata, number_is_text)

    @property
    def takes_anything(self) -> bool:
        """Whether any JSON is possible."""
        field = _field(self.kind, self.location)
        return self.expected == "r" and (field is None or field.annotation is Any)


def places(item: Any) -> Iterator[Place]:
    """Yield every place in an object."""
    kind = item["kind"]
    name = catalogue().kinds.get(kind)
    if name is None:
        yield from _config_places(kind, item, (), KINDS[kind].model)
    else:
        yield from _object_places(kind, item, name, ())


def _object_places(kind: str, item: dict[str, Any], name: str, location: Location) -> Iterator[Place]:
    fields = catalogue().types[name]
    for field, value in item.items():
        expected = fields[field]
        yield Place(
            kind,
            (*location, field),
            expected[0] if expected not in catalogue().types else ".",
            f"{name}.{field}",
            True,
            frozenset(fields),
        )
        yield from _value_places(kind, value, expected, f"{name}.{field}", (*location, field))


def _value_places(kind: str, value: Any, expected: str, type_: str, location: Location) -> Iterator[Place]:
    first, inner = expected[0], expected[1:]
    if expected in catalogue().types:
        yield from _object_places(kind, value, expected, location)
    elif first in "[{":
        for key, item in value.items() if first == "{" else enumerate(value):
            shape = "." if inner in catalogue().types else inner[0]
            yield Place(kind, (*location, key), shape, type_, False)
            yield from _value_places(kind, item, inner, type_, (*location, key))
    elif expected == "r" and isinstance(value, dict) and "apiVersion" in value:
        model = _model_at(kind, location)
        if model is not None:
            yield from _config_places(kind, value, location, model)


def _config_places(kind: str, item: Any, location: Location, model: type[BaseModel]) -> Iterator[Place]:
    """Yield the places in a provider configuration; its types are those of its values, which are valid."""
    known = frozenset(field.alias or name for name, field in model.model_fields.items())
    for field, value in item.items():
        here = (*location, field)
        yield Place(kind, here, _shape(value, field), field, True, known)
        yield from _config_values(kind, value, field, here)


def _config_values(kind: str, value: Any, field: str, location: Location) -> Iterator[Place]:
    model = _model_at(kind, location)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield Place(kind, (*location, index), _shape(item, field), field, False)
            yield from _config_values(kind, item, field, (*location, index))
    elif isinstance(value, dict) and (field in _MAPS_OF_CONFIGS or model is None):
        for key, item in value.items():
            yield Place(kind, (*location, key), _shape(item, key), field, False)
            yield from _config_values(kind, item, key, (*location, key))
    elif isinstance(value, dict) and model is not None:
        yield from _config_places(kind, value, location, model)


def _shape(value: Any, field: str) -> str:
    if isinstance(value, dict):
        return "{" if field in _MAPS_OF_CONFIGS else "."
    if isinstance(value, list):
        return "["
    return "b" if isinstance(value, bool) else "i" if isinstance(value, int) else "s"


def _field(kind: str, location: Location) -> Any:
    """Return the model's field at a location; None when the models have none, or it is in a list or a map."""
    if not isinstance(location[-1], str):
        return None
    parent = _model_at(kind, location[:-1])
    fields = parent.model_fields.items() if parent is not None else ()
    return next((field for name, field in fields if location[-1] == (field.alias or name)), None)


def _model_at(kind: str, location: Location) -> type[BaseModel] | None:
    """Return the model of the value at a location."""
    current: type[BaseModel] | None = KINDS[kind].model
    for part in location:
        if isinstance(part, str) and current is not None:
            field = next((f for name, f in current.model_fields.items() if part == (f.alias or name)), None)
            current = next(models_in(field.annotation), None) if field is not None else None
    return current


def _has_part(annotation: Any, metadata: Sequence[Any], function: Any) -> bool:
    """Return whether a function is part of how an annotation is read."""
    if any(getattr(part, "func", None) is function for part in metadata):
        return True
    arguments = typing.get_args(annotation)
    return any(_has_part(argument, getattr(argument, "__metadata__", ()), function) for argument in arguments)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from models_in(argument)
