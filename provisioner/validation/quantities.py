"""Quantities as Kubernetes writes them: `50Gi`, `1Ti`, `25%`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.validation.findings import Subject

# Source: k8s.io/apimachinery pkg/api/resource/quantity.go, read 2026-07. Signs and exponents are quantities too, but no
# disk size; sixteen digits are more than any disk has bytes.
_SIZE = re.compile(r"(?P<number>[0-9]{1,16}(\.[0-9]{1,9})?)(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?")
_PERCENT = re.compile(r"(?P<number>[0-9]{1,3})%")
_WHOLE = 100


def check_size(subject: Subject, path: str, size: str) -> Iterator[Problem]:
    """Yield a problem unless the text is a quantity greater than zero."""
    match = _SIZE.fullmatch(size)
    if not size:
        yield subject.problem(path, "Required", "is required", "give a size such as 50Gi")
    elif match is None or float(match["number"]) == 0:
        yield subject.problem(path, "Invalid", f"{show(size)} is not a size greater than zero", "write it as 50Gi")


def check_count_or_percentage(subject: Subject, path: str, value: int | str | None) -> Iterator[Problem]:
    """Yield a problem unless the value is a whole number that is not negative, or a percentage up to 100%."""
    if value is None:
        return
    if isinstance(value, int):
        if value < 0:
            yield subject.problem(path, "Invalid", f"must not be negative, but is {value}")
        return
    match = _PERCENT.fullmatch(value)
    if match is None or int(match["number"]) > _WHOLE:
        detail = f"{show(value)} is neither a whole number nor a percentage up to 100%"
        yield subject.problem(path, "Invalid", detail, "write it as 1 or 25%")
