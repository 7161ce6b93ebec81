"""
Versions of Kubernetes and of machine images, which Gardener compares as semantic versions.

Source: github.com/Masterminds/semver/v3 (NewVersion), which gardener uses: one to three numbers, an optional `v` before
them, a pre-release after a hyphen; read 2026-11.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSION = re.compile(
    r"v?([0-9]{1,18})(?:\.([0-9]{1,18}))?(?:\.([0-9]{1,18}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)
_PART_OF_VERSION = re.compile(r"v?[0-9]{1,18}(\.[0-9]{1,18})?")


class Version(NamedTuple):
    """A semantic version, ordered as such: a pre-release comes before its release."""

    major: int
    minor: int
    patch: int
    is_release: bool
    pre_release: tuple[tuple[bool, int, str], ...]
    """Its identifiers: numbers before text, numbers by value."""

    @property
    def numbers(self) -> tuple[int, int, int]:
        """
        Major, minor and patch, by which Gardener orders the versions before and after an update, and those of pools.

        Source: gardener pkg/utils/version/version.go (CompareVersions, Normalize), read 2026-11.
        """
        return self.major, self.minor, self.patch


def read_version(text: str) -> Version | None:
    """Return a version, missing numbers as 0; None if the text is none."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    major, minor, patch, pre = found.groups()
    parts = [part for part in (pre or "").split(".") if part]
    identifiers = tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)
    return Version(int(major), int(minor or 0), int(patch or 0), not parts, identifiers)


def is_part_of_version(text: str) -> bool:
    """Return whether text is the first one or two numbers of a version."""
    return _PART_OF_VERSION.fullmatch(text) is not None


def begins_with(version: str, part: str | None) -> bool:
    """Return whether a version is `part`, or has its numbers; None is a part of each."""
    if not part or version == part:
        return True
    known, wanted = read_version(version), read_version(part)
    count = len(part.split("."))
    return is_part_of_version(part) and known is not None and wanted is not None and known[:count] == wanted[:count]


def is_older(version: str, other: str) -> bool:
    """Return whether a version comes before another one by its numbers; no text that is no version does."""
    one, two = read_version(version), read_version(other)
    return one is not None and two is not None and one.numbers < two.numbers


def version_order(text: str) -> tuple[bool, Version | tuple[()], str]:
    """Return what sorts texts as versions; what is none comes first."""
    version = read_version(text)
    return version is not None, version or (), text
