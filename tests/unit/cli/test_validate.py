"""`provision validate`, with and without the objects as they were."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.cli import main

EXAMPLE = Path(__file__).parents[3] / "examples" / "shoot.yaml"
PROBLEM = {"object", "path", "type", "detail", "fix"}
VPC = "spec.provider.infrastructureConfig.networks.vpc"

Validate = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def validate(capsys: pytest.CaptureFixture[str]) -> Validate:
    """Return a function that runs the command and gives back exit code and document."""

    def run(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
        code = main(["validate", "-o", "json", *map(str, arguments)])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """Return the example with another VPC, which cannot be changed."""
    file = tmp_path / "moved.yaml"
    file.write_text(EXAMPLE.read_text().replace("cidr: 10.250.0.0/16", "cidr: 10.250.0.0/15"))
    return file


def test_without_old_objects_any_vpc_will_do(validate: Validate, moved: Path) -> None:
    assert validate(moved) == (0, {"valid": True, "errors": [], "warnings": [], "notes": []})


def test_old_objects_come_from_a_file(validate: Validate, moved: Path) -> None:
    code, document = validate(moved, "--old", EXAMPLE)
    assert (code, document["valid"], [error["path"] for error in document["errors"]]) == (3, False, [VPC])
    assert set(document["errors"][0]) == PROBLEM


def test_old_objects_come_from_a_folder(validate: Validate, moved: Path) -> None:
    code, document = validate(EXAMPLE, "--old", moved.parent)
    assert (code, [error["path"] for error in document["errors"]]) == (3, [VPC])


def test_old_objects_come_from_standard_input(validate: Validate, moved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(EXAMPLE.read_bytes())))
    code, document = validate(moved, "--old", "-")
    assert (code, [error["path"] for error in document["errors"]]) == (3, [VPC])


def test_the_same_objects_are_no_change(validate: Validate) -> None:
    assert validate(EXAMPLE, "--old", EXAMPLE) == (0, {"valid": True, "errors": [], "warnings": [], "notes": []})


def test_standard_input_cannot_hold_both(validate: Validate) -> None:
    code, document = validate("-", "--old", "-")
    assert (code, [(error["object"], error["type"]) for error in document["errors"]]) == (
        3,
        [("standard input", "Duplicate")],
    )


def test_what_cannot_be_read_of_the_old_objects_says_that_it_is_theirs(validate: Validate, tmp_path: Path) -> None:
    code, document = validate(EXAMPLE, "--old", tmp_path / "none.yaml")
    (error,) = document["errors"]
    assert (code, error["detail"].startswith("(--old) ")) == (3, True)


def test_old_objects_of_something_else_are_a_warning(validate: Validate, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    text = EXAMPLE.read_text().replace("name: canary\n", "name: other\n")
    other.write_text("---".join(part for part in text.split("---") if "kind: Shoot" in part))
    code, document = validate(EXAMPLE, "--old", other)
    assert (code, [warning["object"] for warning in document["warnings"]]) == (0, ["input"])


def without(kind: str, tmp_path: Path) -> Path:
    """Return the example without the objects of one kind."""
    file = tmp_path / "without.yaml"
    parts = EXAMPLE.read_text().split("\n---\n")
    file.write_text("\n---\n".join(part for part in parts if f"\nkind: {kind}\n" not in part))
    return file


def test_absent_secrets_are_notes(validate: Validate, tmp_path: Path) -> None:
    code, document = validate(without("Secret", tmp_path))
    assert (code, document["valid"], [note["path"] for note in document["notes"]]) == (
        0,
        True,
        ["spec.credentialsBindingName", "spec.secretRef.name"],
    )


def test_an_absent_bucket_is_a_note(validate: Validate, tmp_path: Path) -> None:
    code, document = validate(without("BackupBucket", tmp_path))
    assert (code, [note["detail"][:15] for note in document["notes"]]) == (0, ["no BackupBucket"])


def test_credentials_in_the_environment_are_no_note(
    validate: Validate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALICLOUD_ACCESS_KEY", "id")
    monkeypatch.setenv("ALICLOUD_SECRET_KEY", "secret")
    notes = validate(without("Secret", tmp_path))[1]["notes"]
    assert [note["object"] for note in notes] == ["BackupBucket/demo-garden-backups"]


def test_strict_makes_errors_of_warnings_and_not_of_notes(validate: Validate, tmp_path: Path) -> None:
    file = without("Secret", tmp_path)
    assert validate(file, "--strict")[0] == 0
    file.write_text(f"{file.read_text()}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: a}}\n")
    assert validate(file)[0] == 0
    code, document = validate(file, "--strict")
    assert (code, document["valid"], [error["object"] for error in document["errors"]]) == (3, False, ["Namespace"])
    assert (document["warnings"], len(document["notes"])) == ([], 2)


def test_an_image_that_is_chosen_is_a_note(validate: Validate, tmp_path: Path) -> None:
    file = tmp_path / "shoot.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").partition("\nstatus:\n")
    named = "        image:\n          name: gardenlinux\n          version: 1592.4.0\n"
    assert text[0].count(named) == 2
    file.write_text(f"{text[0].replace(named, '')}\n---\n{text[2].partition(chr(10) + '---' + chr(10))[2]}")
    code, document = validate(file, "--strict")
    assert (code, [note["type"] for note in document["notes"]]) == (0, ["Chosen", "Chosen"])


def test_nothing_is_chosen_for_a_pool_that_cannot_be_read(validate: Validate, tmp_path: Path) -> None:
    file = tmp_path / "shoot.yaml"
    shoot, _, others = EXAMPLE.read_text(encoding="utf-8").partition("\n---\n")[2].partition("\n---\n")
    head, _, _ = shoot.partition("    workers:\n")
    file.write_text(f"{head}    workers:\n    - null\n\n---\n{others}")
    code, document = validate(file)
    assert (code, [error["path"] for error in document["errors"]]) == (3, ["spec.provider.workers[0]"])
    assert document["notes"] == []


def test_a_note_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["validate", str(without("BackupBucket", tmp_path))]) == 0
    assert capsys.readouterr().err.startswith("note: input: no BackupBucket in the input")


def test_errors_of_the_old_objects_hide_none_of_the_new_ones(validate: Validate, moved: Path, tmp_path: Path) -> None:
    moved.write_text(moved.read_text().replace("minimum: 3", "minimum: 99"))
    code, document = validate(moved, "--old", tmp_path / "none.yaml")
    assert (code, [error["path"] for error in document["errors"]]) == (3, ["", "spec.provider.workers[0].maximum"])
