"""Writing blocks of HCL as `terraform fmt` leaves them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def to_hcl_block(heading: str, content: Mapping[str, Any], depth: int = 0) -> str:
    """
    Return a block with its attributes, then its nested blocks (mappings), each with an empty line between them.

    `heading` is what stands before the brace, such as `provider "alicloud"`; values are strings and booleans.
    """
    indent = "  " * depth
    attributes = {name: value for name, value in content.items() if not isinstance(value, Mapping)}
    width = max(map(len, attributes), default=0)
    lines = [f"{indent}  {name.ljust(width)} = {to_hcl_value(value)}\n" for name, value in attributes.items()]
    blocks = [to_hcl_block(name, value, depth + 1) for name, value in content.items() if isinstance(value, Mapping)]
    body = "\n".join(filter(None, ("".join(lines), *blocks)))
    return f"{indent}{heading} {{\n{body}{indent}}}\n"


def to_hcl_value(value: str | bool) -> str:
    """Return a literal; nothing in a string is taken for a template."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("${", "$${").replace("%{", "%%{")
