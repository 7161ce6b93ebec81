"""Versions of Kubernetes and of machine images in their order."""

import pytest

from provisioner.gardener.versions import is_older, read_version


def test_versions_are_ordered_as_semantic_versions():
    texts = ["1.9", "1.10.0-alpha.2", "1.10.0-alpha.10", "1.10.0-alpha.x", "1.10.0-beta", "1.10", "v1.10.1", "2"]
    versions = [read_version(text) for text in texts]
    assert None not in versions
    assert sorted(versions) == versions


def test_missing_numbers_are_zero():
    assert read_version("1592") == read_version("1592.0") == read_version("1592.0.0")


@pytest.mark.parametrize("text", ["", "latest", "1.2.3.4", "1..2", "1.2.3_4", "\u0661.2"])
def test_what_is_no_version(text):
    assert read_version(text) is None


@pytest.mark.parametrize(
    ("version", "other", "older"),
    [
        ("1.2.3", "1.2.4", True),
        ("1.2.4", "1.2.4", False),
        ("1.2.4-rc.1", "1.2.4", False),
        ("1.2.4", "1.2.3", False),
        ("none", "1.2.3", False),
        ("1.2.3", "", False),
    ],
)
def test_a_version_is_older_by_its_numbers_alone(version, other, older):
    assert is_older(version, other) is older
