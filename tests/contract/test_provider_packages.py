"""
Which packages of the provider terraform may run, by the checksums of a release and by the package used first.

The packages here are scripts that nothing ever starts: everything happens before that. What can be told of the engine
is told by where it finds a package afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.errors import Problem, TerraformError
from provisioner.runner import Engine, Interruption, Pin, Providers, Terraform
from provisioner.runner.engine import find_engine
from provisioner.runner.package import directory_checksum

PLATFORM = f"{os.uname().sysname.lower()}_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(os.uname().machine) }"
VERSION, OTHER_VERSION = "1.289.0", "1.290.0"
GOOD, TAMPERED = b"#!/bin/sh\nexit 1\n", b"#!/bin/sh\nexit 2\n"
ROOT = """
terraform {
  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = ">= 1.239.0, < 2.0.0"
    }
  }
}

module "part" {
  source = "./part"
}
"""


both_engines = pytest.mark.parametrize("engine", [None, "bundled"], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """Return the engine that the product would use, or the bundled one."""
    try:
        return find_engine(getattr(request, "param", None), os.environ, tmp_path / "engine")
    except TerraformError as error:
        pytest.skip(f"no terraform to run: {error}")


class Machine:
    """A machine with a mirror of packages; `run` is a run's init on it, in a working copy of its own."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.mirror = folder / "mirror" / "registry.terraform.io" / "aliyun" / "alicloud"
        self.cache = folder / "cache"
        self.announced: list[Problem] = []
        self.environ = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"),
        }
        path = json.dumps(str(folder / "mirror"))
        rc = f"provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}\n"
        (folder / "terraform.rc").write_text(rc)
        self.pin = Pin(VERSION, {})
        self.executable: Path | None = None
        self._runs = 0

    def offer_archive(self, content: bytes, version: str = VERSION) -> str:
        """Put an archive into the mirror, and return its checksum."""
        self.mirror.mkdir(parents=True, exist_ok=True)
        path = self.mirror / f"terraform-provider-alicloud_{version}_{PLATFORM}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            entry = zipfile.ZipInfo(f"terraform-provider-alicloud_v{version}")
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(entry, content)
        return "zh:" + hashlib.sha256(path.read_bytes()).hexdigest()

    def offer_folder(self, content: bytes, version: str = VERSION) -> str:
        """Put an unpacked package into the mirror, and return its checksum."""
        path = self.mirror / version / PLATFORM / f"terraform-provider-alicloud_v{version}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        path.chmod(0o755)
        return directory_checksum({path.name: path})

    def expect(self, *checksums: str) -> None:
        """Let the release have these checksums."""
        self.pin = Pin(VERSION, {PLATFORM: checksums})

    def run(self) -> bytes:
        """Return the provider that plan and apply of a run would start."""
        self._runs += 1
        root = self.folder / f"run-{self._runs}"
        (root / "part").mkdir(parents=True)
        (root / "main.tf").write_text(ROOT)
        (root / "part" / "main.tf").write_text("locals {}\n")
        providers = Providers(self.pin, self.cache, self.environ, self.announced.append, self.executable)
        terraform = Terraform(self.engine, root, self.environ, Interruption(timedelta(seconds=5)), providers=providers)
        terraform.init()
        assert (root / ".terraform" / "modules" / "modules.json").exists()
        # With checksums in it, every command would hash the package.
        assert "hashes" not in (root / ".terraform.lock.hcl").read_text()
        [package] = (root / ".terraform" / "providers").glob(f"registry.terraform.io/aliyun/alicloud/*/{PLATFORM}/*")
        return package.read_bytes()

    def refuse(self) -> str:
        """Return why a run is refused."""
        with pytest.raises(TerraformError) as caught:
            self.run()
        assert caught.value.problem.type == "ChecksumMismatch"
        return str(caught.value)


@pytest.fixture
def machine(engine: Engine, tmp_path: Path) -> Machine:
    """Return a machine without packages."""
    return Machine(engine, tmp_path)


@both_engines
def test_archive_of_the_release_is_accepted_in_silence(machine):
    machine.expect(machine.offer_archive(GOOD))
    assert (machine.run(), machine.announced) == (GOOD, [])


def test_what_was_accepted_is_looked_at_once_and_needs_its_mirror_no_more(machine):
    machine.expect(machine.offer_archive(GOOD))
    machine.run()
    shutil.rmtree(machine.mirror)
    assert machine.run() == GOOD


@both_engines
def test_tampered_archive_is_refused(machine):
    machine.expect(machine.offer_archive(GOOD))
    machine.offer_archive(TAMPERED)
    assert "none of the checksums of its release: it may have been tampered with" in machine.refuse()


def test_tampered_archive_is_refused_also_through_a_plugin_cache(machine, tmp_path):
    machine.environ["TF_PLUGIN_CACHE_DIR"] = str(tmp_path / "plugins")
    (tmp_path / "plugins").mkdir()
    machine.expect(machine.offer_archive(GOOD))
    machine.offer_archive(TAMPERED)
    machine.refuse()
    assert machine.announced == []


def test_tampered_archive_is_refused_also_where_newer_versions_are(machine):
    machine.expect(machine.offer_archive(GOOD))
    machine.offer_archive(TAMPERED)
    machine.offer_archive(GOOD, OTHER_VERSION)
    machine.refuse()


def test_unpacked_package_is_known_by_the_checksum_of_what_is_in_it(machine):
    machine.expect(machine.offer_folder(GOOD))
    assert (machine.run(), machine.announced) == (GOOD, [])


def test_unpacked_package_that_was_tampered_with_is_refused(machine):
    machine.expect(machine.offer_folder(GOOD))
    machine.offer_folder(TAMPERED)
    machine.refuse()


def test_package_that_is_changed_after_it_was_accepted_is_looked_at_again(machine):
    machine.expect(machine.offer_folder(GOOD))
    machine.run()
    path = machine.mirror / VERSION / PLATFORM / f"terraform-provider-alicloud_v{VERSION}"
    before = path.stat()
    path.write_bytes(TAMPERED)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    machine.refuse()


@both_engines
def test_unpacked_package_without_a_known_checksum_is_announced_once(machine):
    machine.expect("zh:" + "0" * 64)
    checksum = machine.offer_folder(GOOD)
    assert (machine.run(), machine.run()) == (GOOD, GOOD)
    [problem] = machine.announced
    assert problem.object == f"provider aliyun/alicloud {VERSION}"
    assert f"this release has no checksum of it: it is trusted as it is ({checksum})" in problem.detail
    assert str(machine.mirror) in problem.detail


def test_other_version_of_a_mirror_is_announced_once_and_never_changes_after(machine):
    machine.expect("zh:" + "0" * 64)
    machine.offer_archive(GOOD, OTHER_VERSION)
    assert (machine.run(), machine.run()) == (GOOD, GOOD)
    assert [problem.object for problem in machine.announced] == [f"provider aliyun/alicloud {OTHER_VERSION}"]
    machine.offer_archive(TAMPERED, OTHER_VERSION)
    for accepted in machine.cache.glob("provider-*.json"):
        accepted.unlink()
    assert "is not the one that this machine used first" in machine.refuse()


def test_machine_that_the_release_has_no_checksums_for_uses_its_version_all_the_same(machine):
    machine.offer_folder(GOOD)
    machine.offer_folder(TAMPERED, OTHER_VERSION)
    assert machine.run() == GOOD
    assert [problem.object for problem in machine.announced] == [f"provider aliyun/alicloud {VERSION}"]


def test_package_that_changes_while_it_is_looked_at_is_refused(machine, monkeypatch):
    machine.expect(machine.offer_folder(GOOD))
    install = Terraform.install

    def install_and_tamper(*arguments):
        install(*arguments)
        machine.offer_folder(TAMPERED)

    monkeypatch.setattr(Terraform, "install", install_and_tamper)
    assert "changed during verification" in machine.refuse()


def test_package_that_was_used_first_is_missed_with_the_words_of_terraform(machine):
    machine.offer_folder(GOOD)
    machine.run()
    shutil.rmtree(machine.mirror / VERSION)
    machine.offer_folder(GOOD, OTHER_VERSION)
    with pytest.raises(TerraformError, match=f"{VERSION}, which this machine used first, is not available: Fail"):
        machine.run()


def test_connection_that_breaks_is_not_taken_for_tampering(machine, monkeypatch):
    machine.expect(machine.offer_archive(GOOD))
    install, broken = Terraform.install, [True]

    def break_once(*arguments):
        if broken:
            broken.pop()
            raise TerraformError("connection reset by peer")
        install(*arguments)

    monkeypatch.setattr(Terraform, "install", break_once)
    assert (machine.run(), machine.announced) == (GOOD, [])


def test_package_that_was_used_first_is_refused_when_it_changes_and_the_record_named(machine):
    machine.offer_folder(GOOD)
    machine.run()
    machine.offer_folder(TAMPERED)
    [record] = machine.cache.glob("provider-*.hcl")
    assert f"remove {record} to trust it" in machine.refuse()
    record.unlink()
    assert machine.run() == TAMPERED


def test_package_of_the_release_is_preferred_to_what_was_used_first(machine):
    machine.expect("zh:" + "0" * 64)
    machine.offer_archive(GOOD, OTHER_VERSION)
    machine.run()
    machine.expect(machine.offer_archive(TAMPERED))
    assert machine.run() == TAMPERED


def test_mirror_without_any_package_fails_with_the_words_of_terraform(machine):
    machine.mirror.mkdir(parents=True)
    with pytest.raises(TerraformError, match="was not found in any of the search locations"):
        machine.run()


def test_cache_that_cannot_be_used_lets_every_run_look_for_itself(machine):
    machine.cache.write_text("")
    machine.expect(machine.offer_archive(GOOD))
    assert (machine.run(), machine.run()) == (GOOD, GOOD)


def test_executable_that_the_operator_names_is_announced_whenever_it_is_another_one(machine, tmp_path):
    machine.executable = tmp_path / f"terraform-provider-alicloud_v{OTHER_VERSION}"
    machine.executable.write_bytes(GOOD)
    machine.executable.chmod(0o755)
    assert (machine.run(), machine.run()) == (GOOD, GOOD)
    machine.executable.write_bytes(TAMPERED)
    assert machine.run() == TAMPERED
    assert len(machine.announced) == 2
    assert str(machine.executable) in machine.announced[0].detail


TOFU = """
import re, sys
from pathlib import Path

lock = Path(".terraform.lock.hcl")
Path("calls").open("a").write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "init":
    Path("lock").write_text(lock.read_text())
    address, version = re.search(r'provider "(.*)" {\\n  version = "(.*)"', lock.read_text()).groups()
    package = Path(".terraform/providers", address, version, "PLATFORM")
    package.mkdir(parents=True)
    (package / "provider").write_text("")
"""


def test_tofu_gets_the_same_checksums_under_its_own_registry_and_read_only(tmp_path):
    """A stand-in: OpenTofu is not on every machine, and its lock file differs in the address alone."""
    program = tmp_path / "tofu.py"
    program.write_text(TOFU.replace("PLATFORM", PLATFORM))
    root = tmp_path / "root"
    root.mkdir()
    pin = Pin(VERSION, {PLATFORM: ["zh:" + "0" * 64]})
    providers = Providers(pin, tmp_path / "cache", {}, lambda _: None)
    engine = Engine((sys.executable, str(program)), "tofu", "1.9.0")
    Terraform(engine, root, {}, Interruption(timedelta(seconds=5)), providers=providers).init()
    assert (root / "lock").read_text() == (
        f'provider "registry.opentofu.org/aliyun/alicloud" {{\n  version = "{VERSION}"\n'
        f'  hashes = [\n    "zh:{"0" * 64}",\n  ]\n}}\n'
    )
    assert "-lockfile=readonly" in (root / "calls").read_text().splitlines()[0]
