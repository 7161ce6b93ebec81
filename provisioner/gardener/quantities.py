"""Disk sizes: Kubernetes quantities as whole GiB."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

_UNITS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
}  # fmt: skip
_QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?")
_GIB = 2**30
_BYTES_AT_LEAST = 2**20


def disk_size_gib(quantity: str) -> int:
    """
    Return the size in GiB, rounded up: `50Gi` is 50, `1Ti` is 1024, `100G` is 94.

    A bare number below 2^20 is taken as GiB, because a disk of 50 bytes makes no sense and the Alicloud extension
    does the same (it reads only the leading digits, so `1Ti` is one GiB there; that is not copied).

    Raises:
        ValueError: not a quantity.

    Source: k8s.io/apimachinery pkg/api/resource, read 2026-07.
    """
    match = _QUANTITY.fullmatch(quantity.strip())
    if match is None:
        raise ValueError(f"{quantity!r} is not a quantity such as 50Gi")
    number, unit = Decimal(match[1]), match[2] or ""
    if not unit and number < _BYTES_AT_LEAST:
        return int(number.to_integral_value(ROUND_CEILING))
    return int((number * _UNITS[unit] / _GIB).to_integral_value(ROUND_CEILING))
