"""Quantities as Kubernetes writes them: `50Gi`, `1Ti`, `25%`, `500m`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.gardener.quantities import disk_size_gib
from provisioner.validation.findings import Subject

# Source: k8s.io/apimachinery pkg/api/resource/quantity.go, read 2026-11.
_QUANTITY = re.compile(
    r"(?P<sign>[+-]?)(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2}|[KMGTPE]i|[numkMGTPE])?"
)
_PERCENT = re.compile(r"(?P<number>[0-9]{1,9})%")


def read_size(size: str) -> int | None:
    """Return a disk size in GiB, rounded up; None if the text is not one, which `check_size` reports."""
    try:
        return disk_size_gib(size) if size == size.strip() else None
    except ValueError:
        return None


def check_size(subject: Subject, path: str, size: str) -> Iterator[Problem]:
    """Yield a problem unless the text is a disk size greater than zero."""
    if not size:
        yield subject.problem(path, "Required", "is required", "give a size such as 50Gi")
    elif not read_size(size):
        yield subject.problem(path, "Invalid", f"{show(size)} is not a size greater than zero", "write it as 50Gi")


def check_quantity(subject: Subject, path: str, quantity: str) -> Iterator[Problem]:
    """Yield a problem unless the text is a quantity that is not negative."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        yield subject.problem(path, "Invalid", f"{show(quantity)} is not a quantity", "write it as 4, 500m or 16Gi")
    elif match["sign"] == "-" and re.search("[1-9]", quantity):
        yield subject.problem(path, "Invalid", f"must not be negative, but is {show(quantity)}")


def is_nothing(value: int | str) -> bool:
    """Return whether a number or percentage is zero."""
    return value == 0 if isinstance(value, int) else not value.rstrip("%").strip("0")


def check_count_or_percentage(
    subject: Subject, path: str, value: int | str | None, largest: int | None = None
) -> Iterator[Problem]:
    """Yield a problem unless the value is a whole number that is not negative, or a percentage up to the largest."""
    if value is None:
        return
    if isinstance(value, int):
        if value < 0:
            yield subject.problem(path, "Invalid", f"must not be negative, but is {value}")
        return
    match = _PERCENT.fullmatch(value)
    if match is None or (largest is not None and int(match["number"]) > largest):
        limit = f" up to {largest}%" if largest is not None else ""
        detail = f"{show(value)} is neither a whole number nor a percentage{limit}"
        yield subject.problem(path, "Invalid", detail, "write it as 1 or 25%")
