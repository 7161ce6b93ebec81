"""Manifests written to files and loaded from there, as the command line does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.errors import ManifestError, Problem
from provisioner.manifests import Manifests, load_manifests

Load = Callable[[str], Manifests]
Refuse = Callable[[str], tuple[Problem, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that loads one file with the given text."""

    def load_text(text: str) -> Manifests:
        path = tmp_path / "manifest.yaml"
        path.write_text(text, encoding="utf-8")
        return load_manifests([str(path)])

    return load_text


@pytest.fixture
def refuse(load: Load) -> Refuse:
    """Return a function that gives the problems of a text that cannot be loaded."""

    def refuse_text(text: str) -> tuple[Problem, ...]:
        with pytest.raises(ManifestError) as caught:
            load(text)
        return caught.value.problems

    return refuse_text
