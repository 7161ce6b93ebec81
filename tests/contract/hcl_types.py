"""The type constraints of Terraform variables as structures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.contract.hcl_files import named_blocks

Type = str | tuple[str, Any]


def parsed_type(text: str) -> Type:
    """Return a type constraint as a structure, so that two texts of one type are equal."""
    tokens = re.findall(r'"[^"]*"|[\w.]+|[(){}=,]', re.sub(r"^\$\{(.*)\}$", r"\1", text))

    def constraint() -> Type:
        name = tokens.pop(0)
        if not tokens or tokens[0] != "(":
            return name
        tokens.pop(0)
        if tokens[0] == "{":
            tokens.pop(0)
            fields: dict[str, Type] = {}
            while tokens[0] != "}":
                if tokens[0] == ",":
                    tokens.pop(0)
                    continue
                field = tokens.pop(0)
                assert tokens.pop(0) == "="
                fields[field] = constraint()
            tokens.pop(0)
            inner: Any = fields
        else:
            inner = constraint()
            if tokens[0] == ",":  # the default of an optional field
                while tokens[0] != ")":
                    inner = (inner, tokens.pop(0))
        assert tokens.pop(0) == ")", text
        return name, inner

    return constraint()


def types(document: Mapping[str, Any]) -> dict[str, Type]:
    """Return the type of each variable of a document."""
    return {name: parsed_type(body["type"]) for name, body in named_blocks(document, "variable").items()}
