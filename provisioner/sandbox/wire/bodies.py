"""Reads the parameters that a request carries, as a form or as a JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from provisioner.sandbox.cloud import ActionError


def read_form(text: str) -> dict[str, str]:
    """Return the parameters of a form, or of a query; of one that was sent twice, the last value."""
    if not text:
        return {}
    pairs = [part.partition("=")[::2] for part in text.split("&") if part]
    return {_unquote(name): _unquote(value) for name, value in pairs}


def _unquote(text: str) -> str:
    return unquote(text.replace("+", " ")) if "%" in text or "+" in text else text


def read_json(body: bytes) -> dict[str, str]:
    """
    Return the parameters of a JSON document, flattened: `{"Tag": [{"Key": "a"}]}` is `Tag.1.Key=a`.

    Raises:
        ActionError: `InvalidJSON` when the body is not a JSON object.
    """
    try:
        document = json.loads(body or b"{}")
        if isinstance(document, dict):
            return dict(_flatten(document, ""))
    except (ValueError, RecursionError):
        pass
    raise ActionError("InvalidJSON", "The request body is not a JSON object.")


def _flatten(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flatten(one, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for number, one in enumerate(value, start=1):
            yield from _flatten(one, f"{name}.{number}")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None:
        yield name, str(value)
