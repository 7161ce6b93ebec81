"""docs/architecture.md says what the code says: its rooms, and the way of one shoot through them."""

from __future__ import annotations

import re
from pathlib import Path

import grimp
import pytest

REPO = Path(__file__).resolve().parents[2]
PAGE = (REPO / "docs" / "architecture.md").read_text(encoding="utf-8")
WAY = re.findall(r"^(\d+)\. `(provisioner/[\w/]+\.py)`", PAGE, re.MULTILINE)
FILES = [file for _, file in WAY]
BY_NAME = {"provisioner/cli/commands/apply.py": "provisioner/cli/parser.py"}
"""What is loaded by its name, and what loads it."""


def module_of(file: str) -> str:
    """Return a file's module."""
    return file.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("provisioner", cache_dir=None)


def test_way_names_each_file_once_and_counts_them():
    assert [number for number, _ in WAY] == [str(number) for number in range(1, len(FILES) + 1)]
    assert len(set(FILES)) == len(FILES) > 50
    assert [file for file in FILES if not (REPO / file).is_file()] == []


def test_way_never_goes_back(graph):
    """Each file is imported by one that stands above it, directly or through what its room offers."""
    for position, file in enumerate(FILES[1:], 1):
        above = {module_of(former) for former in FILES[:position]}
        importers = set(graph.find_modules_that_directly_import(module_of(file)))
        rooms = {importer for importer in importers if (REPO / importer.replace(".", "/") / "__init__.py").is_file()}
        for room in rooms:
            importers |= graph.find_modules_that_directly_import(room)
        assert importers & above or BY_NAME.get(file) in FILES[:position], f"nothing above {file} calls it"


def test_every_file_that_the_page_names_exists():
    named = re.findall(r"`((?:provisioner|terraform|tests|docs|examples)/[\w./-]+)`", PAGE)
    assert [name for name in named if not (REPO / name).exists()] == []
