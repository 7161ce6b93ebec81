"""Reads the flat parameters of an RPC request as the types an action wants."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.sandbox.cloud.errors import ActionError

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
"""Digits of this script alone, and no more of them than a database can hold."""
_MOST_ELEMENTS = 1000
"""Of a list of structures: what no service takes, and every action would go through."""


class Parameters:
    """
    The parameters of one call, or one element of a list of structures in them.

    Clients send what they have no value for as an empty text, so an empty parameter counts as absent; only `changed`
    tells the two apart.
    """

    def __init__(self, given: Mapping[str, str], prefix: str = "") -> None:
        """Read from `given`; names are looked up behind `prefix`."""
        self._given = given
        self._prefix = prefix

    def __contains__(self, name: str) -> bool:
        """Return whether the parameter was sent with a value."""
        return bool(self.text(name))

    def text(self, name: str) -> str:
        """Return the parameter, empty when it was not sent."""
        return self._given.get(self._prefix + name, "")

    def required(self, name: str) -> str:
        """Return the parameter or refuse the call."""
        value = self.text(name)
        if not value:
            raise ActionError(f"Missing{name.replace('.', '')}", f"{self._prefix}{name} is mandatory for this action.")
        return value

    def integer(self, name: str) -> int | None:
        """Return the parameter as a whole number, None when it was not sent."""
        value = self.text(name)
        if not value:
            return None
        if not _INTEGER.fullmatch(value):
            raise self.invalid(name)
        return int(value)

    def number(self, name: str) -> float | None:
        """Return the parameter as a number, None when it was not sent; neither endless nor no number at all."""
        value = self.text(name)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            raise self.invalid(name) from None
        if not math.isfinite(number):
            raise self.invalid(name)
        return number

    def boolean(self, name: str) -> bool | None:
        """Return the parameter as true or false, None when it was not sent."""
        value = self.text(name).lower()
        if not value:
            return None
        if value not in ("true", "false"):
            raise self.invalid(name)
        return value == "true"

    def texts(self, name: str) -> list[str]:
        """Return the list sent as `name.1`, `name.2` ..."""
        values: list[str] = []
        while value := self.text(f"{name}.{len(values) + 1}"):
            values.append(value)
        return values

    def structures(self, name: str) -> list[Parameters]:
        """Return the list of structures sent as `name.1.Field`, `name.2.Field` ..."""
        start = f"{self._prefix}{name}."
        sent = {
            key[len(start) :].partition(".") for key, value in self._given.items() if value and key.startswith(start)
        }
        numbers = {number for number, dot, _ in sent if dot}
        count = 0
        while str(count + 1) in numbers:
            count += 1
        if count > _MOST_ELEMENTS:
            raise self.invalid(name)
        return [Parameters(self._given, f"{start}{number}.") for number in range(1, count + 1)]

    def json_texts(self, name: str) -> list[str]:
        """Return the list of texts sent as one JSON document."""
        if name not in self:
            return []
        values = self.document(name)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.invalid(name)
        return values

    def document(self, name: str) -> Any:
        """Return what is sent as a JSON document."""
        try:
            return json.loads(self.text(name))
        except (ValueError, RecursionError):  # of numbers with thousands of digits, and of what is nested that deep
            raise self.invalid(name) from None

    def tags(self, name: str = "Tag") -> dict[str, str]:
        """Return the tags sent as `Tag.1.Key`, `Tag.1.Value` ..."""
        return {tag.required("Key"): tag.text("Value") for tag in self.structures(name)}

    def over(self, defaults: Mapping[str, str]) -> Parameters:
        """Return the parameters with `defaults` for what was not sent; a list that was sent replaces a whole list."""
        sent = {_list_name(key) for key, value in self._given.items() if value} - {""}
        kept = {key: value for key, value in defaults.items() if _list_name(key) not in sent}
        return Parameters({**kept, **{key: value for key, value in self._given.items() if value}}, self._prefix)

    def echo(self, *names: str) -> dict[str, str]:
        """Return those of the parameters that were sent."""
        return {name: self.text(name) for name in names if name in self}

    def sent(
        self, texts: Iterable[str] = (), integers: Iterable[str] = (), booleans: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return those of the parameters that were sent, each as what it is."""
        found: dict[str, Any] = {**self.echo(*texts)}
        for names, read in ((integers, self.integer), (booleans, self.boolean)):
            found.update({name: value for name in names if (value := read(name)) is not None})
        return found

    def changed(self, name: str, current: str) -> str:
        """Return the parameter, be it empty, or `current` when it was not sent."""
        return self._given.get(self._prefix + name, current)

    def invalid(self, name: str) -> ActionError:
        """Return the refusal of a parameter's value."""
        return ActionError("InvalidParameter", f"The specified value of parameter {self._prefix}{name} is not valid.")


def decimal(text: str) -> int:
    """Return the number that a text of digits is; -1 for any other text, or for more digits than a number has."""
    return int(text) if _INTEGER.fullmatch(text) and text[0] not in "+-" else -1


def _list_name(key: str) -> str:
    """Return the list a parameter belongs to, `Tag` for `Tag.1.Key`, or nothing."""
    name, _, rest = key.partition(".")
    return name if rest.partition(".")[0].isdecimal() else ""
