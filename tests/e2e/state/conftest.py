"""`provision state`: reading the log, repairing it, and the errors of a run with a log that needs repair."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import EXAMPLE, Provision


@pytest.fixture(scope="session")
def applied_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sandbox as an apply left it, and then one that changed a pool."""
    first = Provision(tmp_path_factory.mktemp("applied"))
    first.ok("apply", EXAMPLE)

    def raise_maximum(shoot: dict[str, Any]) -> None:
        shoot["spec"]["provider"]["workers"][0]["maximum"] = "9"

    first.ok("apply", first.write("changed.yaml", raise_maximum))
    return first.folder


@pytest.fixture
def applied(applied_folder: Path, tmp_path: Path) -> Provision:
    """Return the command with a copy of that sandbox."""
    for name in ("sandbox", "cache"):
        if (applied_folder / name).exists():
            shutil.copytree(applied_folder / name, tmp_path / name)
    shutil.copy(applied_folder / "changed.yaml", tmp_path)
    return Provision(tmp_path)
