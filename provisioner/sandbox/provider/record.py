"""The object an operation works on: its prior and planned state, and the values learned so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from provisioner.sandbox.provider.codec import known_only
from provisioner.sandbox.provider.planning import is_same
from provisioner.sandbox.provider.schema import ResourceSchema

_ZEROS: dict[str, Callable[[], Any]] = {
    "string": str,
    "number": int,
    "bool": bool,
    "list": list,
    "set": list,
    "map": dict,
}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Record:
    """
    One object during one operation.

    Reading prefers what the operation has learned (`set`), then the plan, then the prior state. Values that are unknown
    in the plan read as unset.
    """

    def __init__(
        self,
        schema: ResourceSchema,
        prior: Mapping[str, Any] | None,
        planned: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Without `planned` the object is only read, or deleted."""
        self.schema = schema
        self._prior: Mapping[str, Any] = prior or {}
        self._planned: Mapping[str, Any] = known_only(dict(planned)) if planned is not None else self._prior
        self._config: Mapping[str, Any] = config or {}
        self._learned: dict[str, Any] = {}
        self.id: str = self._prior.get("id") or ""
        self.is_new = prior is None
        self._is_partial = False
        self._noted: set[str] = set()

    def begin_partial(self) -> None:
        """
        From now on a failure leaves the state as it was, except for noted attributes (`d.Partial` of the SDK).

        For good: what fails after the changes is not told apart here.
        """
        self._is_partial = True

    def note(self, name: str) -> None:
        """Say that an attribute is as planned now, whatever fails later (`d.SetPartial` of the SDK)."""
        self._noted.add(name)

    def get(self, name: str) -> Any:
        """Return the value, or the type's zero value when it is unset."""
        value = self._current(name)
        return self._zero(name) if value is None else value

    def ok(self, name: str) -> Any:
        """Return the value; None when it is unset or the type's zero value."""
        return self._current(name) or None

    def given(self, name: str) -> Any:
        """Return the value, be it zero or false; None when it is unset."""
        return self._current(name)

    def configured(self, name: str) -> Any:
        """Return the value as it was written, before the state's form of it; None when it is not configured."""
        return self._config.get(name)

    def before(self, name: str) -> Any:
        """Return the value before the operation, or the type's zero value."""
        value = self._prior.get(name)
        return self._zero(name) if value is None else value

    def has_change(self, *names: str) -> bool:
        """Return whether the plan changes any of the attributes."""
        return any(not is_same(self._kind(name), self._prior.get(name), self._planned.get(name)) for name in names)

    def changes(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Return the values that the plan changes, for a request; by attribute name and request key."""
        return {key: self.get(name) for name, key in names.items() if self.has_change(name)}

    def set(self, name: str, value: Any) -> None:
        """
        Learn a value; None unsets the attribute, a list or set becomes empty.

        Raises:
            TypeError: the value does not fit the attribute's type.
        """
        nested = self.schema.block.blocks.get(name)
        if nested is not None:
            self._learned[name] = [
                {
                    key: _fit(f"{name}.{key}", inner.kind, element.get(key))
                    for key, inner in nested.block.attributes.items()
                }
                for element in value or ()
            ]
            return
        attribute = self.schema.block.attributes[name]
        self._learned[name] = _fit(name, attribute.kind, value)

    def set_all(self, answer: Mapping[str, Any], names: Mapping[str, str]) -> None:
        """Learn attributes from an answer, by attribute name and answer key; a missing key unsets the attribute."""
        for name, key in names.items():
            self.set(name, answer.get(key))

    def set_present(self, answer: Mapping[str, Any], names: Mapping[str, str]) -> None:
        """Learn attributes from an answer, leaving those whose key is missing as they are."""
        for name, key in names.items():
            if answer.get(key) is not None:
                self.set(name, answer[key])

    def timeout_seconds(self, operation: str) -> float:
        """Return how long the operation may take: as configured, else the type's default."""
        configured = (self._planned.get("timeouts") or {}).get(operation)
        if configured:
            return sum(float(amount) * _SECONDS[unit] for amount, unit in _DURATION_PART.findall(configured))
        return self.schema.timeout_seconds(operation)

    def state(self) -> dict[str, Any]:
        """Return the whole object as it is known now."""
        value = self.schema.empty()
        value.update({name: self._planned.get(name, unset) for name, unset in value.items()})
        value.update({name: [] for name in self.schema.block.blocks if value[name] is None})
        value.update(self._learned)
        value["id"] = self.id
        return value

    def state_after_failure(self) -> dict[str, Any]:
        """Return what is known of the object when the operation failed: in partial mode little is taken as done."""
        value = self.state()
        if self._is_partial:
            before = {**self.schema.empty(), **self._prior, "id": self.id}
            value = {name: value[name] if name in self._noted else before[name] for name in value}
            value.update({name: [] for name in self.schema.block.blocks if value[name] is None})
        return value

    def secrets(self) -> list[str]:
        """Return the values that must never be shown."""
        return [
            value
            for source in (self._prior, self._planned, self._config, self._learned)
            for name in SECRET_ATTRIBUTES
            if isinstance(value := source.get(name), str) and len(value) > _TOO_SHORT_TO_HIDE
        ]

    def _current(self, name: str) -> Any:
        return self._learned[name] if name in self._learned else self._planned.get(name)

    def _kind(self, name: str) -> str:
        nested = self.schema.block.blocks.get(name)
        return nested.nesting if nested else self.schema.block.attributes[name].kind

    def _zero(self, name: str) -> Any:
        return _ZEROS[self._kind(name)]()


_TOO_SHORT_TO_HIDE = 3  # blanking such a text would only garble the message

SECRET_ATTRIBUTES = ("user_data", "password", "kms_encrypted_password", "secret_key", "security_token")
"""Attributes whose values appear in no diagnostic, although the real schema marks none of them sensitive."""


def _fit(name: str, kind: str, value: Any) -> Any:
    if kind in ("list", "set"):
        return list(value or [])
    if kind == "map":
        return {key: str(element) for key, element in (value or {}).items()}
    fits = value is None or isinstance(value, bool) == (kind == "bool")
    if kind == "number" and isinstance(value, str):
        # Numbers may arrive as text; anything else in their place is a fault of the sandbox's.
        fits = value.lstrip("-").isdecimal()
        value = int(value) if fits else value
    if not fits:
        raise TypeError(f"{name}: a {type(value).__name__} does not fit {kind}")
    return str(value) if kind == "string" and value is not None else value
