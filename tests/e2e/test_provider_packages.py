"""Where the provider comes from a mirror: what a release knows the checksum of, and what it does not."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

from provisioner.render import pinned_provider
from tests.e2e.conftest import EXAMPLE

VERSION, CHECKSUMS = pinned_provider()
PLATFORM = f"{os.uname().sysname.lower()}_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(os.uname().machine) }"
NAME = f"terraform-provider-alicloud_v{VERSION}"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """Return the folder of the provider's packages in a mirror."""
    folder = tmp_path / "mirror" / "registry.terraform.io" / "aliyun" / "alicloud"
    folder.mkdir(parents=True)
    path = json.dumps(str(tmp_path / "mirror"))
    rc = f"provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}\n"
    (tmp_path / "terraform.rc").write_text(rc)
    return folder


def marking(tmp_path: Path) -> str:
    """Return a provider that leaves a mark when it is run, and nothing else."""
    return f"#!/bin/sh\ntouch '{tmp_path}/was-run'\n"


def test_mirror_that_was_tampered_with_is_refused_before_anything_of_it_runs(provision, mirror, tmp_path):
    with zipfile.ZipFile(mirror / f"terraform-provider-alicloud_{VERSION}_{PLATFORM}.zip", "w") as archive:
        entry = zipfile.ZipInfo(NAME)
        entry.external_attr = (stat.S_IFREG | 0o755) << 16
        archive.writestr(entry, marking(tmp_path))
    done = provision("plan", EXAMPLE, "--provider", "real", TF_CLI_CONFIG_FILE=str(tmp_path / "terraform.rc"))
    assert (done.code, (tmp_path / "was-run").exists()) == (1, False)
    assert f"aliyun/alicloud {VERSION} that terraform found has none of the checksums of its release" in done.err


def test_package_that_no_release_has_a_checksum_of_is_announced_and_may_not_change_any_more(
    provision, mirror, tmp_path
):
    package = mirror / VERSION / PLATFORM / NAME
    package.parent.mkdir(parents=True)
    package.write_text(marking(tmp_path))
    package.chmod(0o755)
    arguments = ("plan", EXAMPLE, "--provider", "real")
    environment = {"TF_CLI_CONFIG_FILE": str(tmp_path / "terraform.rc")}

    first = provision(*arguments, **environment)
    assert first.err.count("this release has no checksum of it: it is trusted as it is (h1:") == 1
    assert (tmp_path / "was-run").exists()  # and is no provider, so that the plan fails
    again = provision(*arguments, **environment)
    assert "it is trusted as it is" not in again.err

    (tmp_path / "was-run").unlink()
    package.write_text(marking(tmp_path) + "exit 1\n")
    changed = provision(*arguments, **environment)
    assert (changed.code, (tmp_path / "was-run").exists()) == (1, False)
    assert "is not the one that this machine used first: it may have been tampered with" in changed.err


def test_package_is_looked_at_once_also_where_others_can_write_to_the_folders(provision, mirror, tmp_path):
    environment = {"TF_CLI_CONFIG_FILE": str(tmp_path / "terraform.rc")}
    for name in ("work", "cache"):
        folder = tmp_path / f"open-{name}"
        folder.mkdir()
        folder.chmod(0o777)
        environment[f"PROVISION_{name.upper()}_DIR"] = str(folder)
    package = mirror / VERSION / PLATFORM / NAME
    package.parent.mkdir(parents=True)
    package.write_text(marking(tmp_path))
    package.chmod(0o755)
    told = [provision("plan", EXAMPLE, "--provider", "real", **environment).err for _ in range(2)]
    assert [text.count("it is trusted as it is (h1:") for text in told] == [1, 0]
    assert (tmp_path / "was-run").exists()


def test_a_release_knows_the_checksums_of_its_provider_on_both_kinds_of_linux():
    assert [bool(CHECKSUMS[name]) for name in ("linux_amd64", "linux_arm64")] == [True, True]
