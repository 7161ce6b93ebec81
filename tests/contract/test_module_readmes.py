"""The READMEs of the Terraform modules, held against their variables and outputs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.hcl_files import MODULES, REPO, module_document, named_blocks, unquoted
from tests.contract.hcl_types import parsed_type


def input_rows(module: str) -> list[str]:
    """Return the table of a module's variables."""
    rows = []
    for name, body in sorted(named_blocks(module_document(module), "variable").items()):
        kind = parsed_type(body["type"])
        while isinstance(kind, tuple) and isinstance(kind[1], tuple):
            inner = kind[1][0] if isinstance(kind[1][1], dict) else f"{kind[1][0]}({kind[1][1]})"
            kind = f"{kind[0]}({inner})"
        short = kind if isinstance(kind, str) else kind[0] if isinstance(kind[1], dict) else f"{kind[0]}({kind[1]})"
        default = f"`{json.dumps(body['default'])}`" if "default" in body else "required"
        rows.append(f"| `{name}` | {unquoted(body['description'])} | `{short}` | {default} |")
    return rows


def output_rows(module: str) -> list[str]:
    """Return the table of a module's outputs."""
    outputs = sorted(named_blocks(module_document(module), "output").items())
    return [f"| `{name}` | {unquoted(body['description'])} |" for name, body in outputs]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("heading", "rows"), [("Inputs", input_rows), ("Outputs", output_rows)])
def test_a_modules_readme_lists_its_inputs_and_outputs(module: str, heading: str, rows: Any) -> None:
    readme = (REPO / "terraform" / "modules" / module / "README.md").read_text()
    section = readme.split(f"## {heading}\n")[1].split("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("| `")] == rows(module)
