"""The Terraform modules and roots as a parser of HCL sees them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2

from provisioner.ids import ROOTS, Root
from provisioner.render import ProviderSettings, render_root

REPO = Path(__file__).parents[2]
MODULES = ("infrastructure", "worker-pool")
MODULE_OF: dict[Root, str] = {"infrastructure": "infrastructure", "worker": "worker-pool"}
PROVIDER = ProviderSettings("eu-central-1", account_type="Domestic")

VARIABLES: dict[Root, dict[str, Any]] = {
    root: json.loads((Path(__file__).parent / "data" / f"{root}.json").read_text()) for root in ROOTS
}


def unquoted(text: str) -> str:
    """Return a name or a literal string without the quotes that the parser leaves on it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def parse(text: str) -> dict[str, Any]:
    """Return a Terraform file as the parser sees it."""
    document: dict[str, Any] = hcl2.loads(text)
    return document


def named_blocks(document: Mapping[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the blocks that have one label (variables, outputs, modules, providers) by that label."""
    return {unquoted(name): body for block in document.get(kind, []) for name, body in block.items()}


def arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes and blocks of a body, without the parser's own notes."""
    return {name: value for name, value in body.items() if not re.fullmatch(r"__\w+__", name)}


def is_block(value: object) -> bool:
    """Return whether a parsed value is a sequence of nested blocks."""
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) and "__is_block__" in v for v in value)


def module_document(module: str) -> dict[str, Any]:
    """Return all files of a module as one document."""
    document: dict[str, list[Any]] = {}
    for path in sorted((REPO / "terraform" / "modules" / module).glob("*.tf")):
        for kind, blocks in parse(path.read_text()).items():
            document.setdefault(kind, []).extend(blocks)
    return document


def root_document(root: Root) -> dict[str, Any]:
    """Return all rendered files of a root as one document."""
    document: dict[str, list[Any]] = {}
    for name, body in render_root(root, {}, PROVIDER).items():
        if name.endswith(".tf"):
            for kind, blocks in parse(body.decode()).items():
                document.setdefault(kind, []).extend(blocks)
    return document


def resources(module: str) -> dict[str, dict[str, Any]]:
    """Return the resource blocks of a module by address."""
    return {
        f"{unquoted(kind)}.{unquoted(name)}": body
        for block in module_document(module).get("resource", [])
        for kind, of_kind in block.items()
        for name, body in of_kind.items()
    }


RESOURCES = {(module, address): body for module in MODULES for address, body in resources(module).items()}
