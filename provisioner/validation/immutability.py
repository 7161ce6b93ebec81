"""Problems for fields that cannot change. The rules are with their subjects."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.model import ApiObject
from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.gardener.versions import read_version
from provisioner.validation.findings import Subject


def check_unchanged(subject: Subject, path: str, old: object, new: object, fix: str = "") -> Iterator[Problem]:
    """
    Yield a problem unless both values are equal.

    Type and first words are those of Kubernetes (apimachinery pkg/api/validation, ValidateImmutableField).
    """
    if old != new:
        detail = f"field is immutable: it was {show(old)}, and would be {show(new)}"
        yield subject.problem(path, "Invalid", detail, fix or f"write {show(old)}")


def check_deletion(subject: Subject, old: ApiObject, new: ApiObject) -> Iterator[Problem]:
    """
    Yield a problem if the specification changes while the object is being deleted.

    Source: gardener pkg/api/core/validation and pkg/api/extensions/validation (...SpecUpdate), read 2026-11.
    """
    if new.metadata.deletion_timestamp is not None and getattr(old, "spec", None) != getattr(new, "spec", None):
        detail = f"cannot be changed: the object has been in deletion since {show(new.metadata.deletion_timestamp)}"
        yield subject.problem("spec", "Forbidden", detail, "restore the old specification")


def check_version_change(subject: Subject, path: str, old: str, new: str, *, may_skip: bool) -> Iterator[Problem]:
    """
    Yield a problem if a Kubernetes version goes back, or skips a minor version unless it `may_skip`.

    A partial version, such as 1.31, stands for the newest that fits, as Gardener's API server completes it.

    Source: gardener pkg/api/core/validation/shoot.go (ValidateKubernetesVersionUpdate), read 2026-11.
    """
    was, now = read_version(old), read_version(new)
    if was is None or now is None:
        return
    is_whole = new.count(".") >= 2  # noqa: PLR2004 - major, minor and patch
    shown = f"it was {show(old)}, and would be {show(new)}"
    if (now.numbers < was.numbers) if is_whole else ((now.major, now.minor) < (was.major, was.minor)):
        yield subject.problem(path, "Forbidden", f"cannot go back: {shown}", f"write {show(old)}")
    elif not may_skip and (now.major, now.minor) > (was.major, was.minor + 1):
        fix = f"go to {was.major}.{was.minor + 1} first"
        yield subject.problem(path, "Forbidden", f"cannot skip a minor version: {shown}", fix)
