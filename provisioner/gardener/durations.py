"""
Durations as Go writes and reads them: `1h30m`.

Source: Go's package time (ParseDuration, Duration.String), which Kubernetes' metav1.Duration uses; read 2026-11.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

_UNITS = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,
    "\u03bcs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART = re.compile(r"([0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")
_MOST_NANOSECONDS = 2**63 - 1
_MOST_CHARACTERS = 200


def read_duration(text: str) -> int | None:
    """Return the nanoseconds of a duration, which may be negative; None if the text is none, or more than Go holds."""
    from decimal import Decimal  # only here: most pools have no duration

    unsigned = text[1:] if text[:1] in ("+", "-") else text
    if len(text) > _MOST_CHARACTERS:
        return None
    if unsigned == "0":
        return 0
    parts = list(_PART.finditer(unsigned))
    if not parts or "".join(part.group() for part in parts) != unsigned:
        return None
    nanoseconds = sum(int(Decimal(part.group(1)) * _UNITS[part.group(2)]) for part in parts)
    if nanoseconds > _MOST_NANOSECONDS:
        return None
    return -nanoseconds if text.startswith("-") else nanoseconds


def show_duration(nanoseconds: int) -> str:
    """Return a duration as Go prints it: `30m0s`, `1h0m0s`, `1.5s`, `20ms`, `0s`."""
    from decimal import Decimal

    if nanoseconds < 0:
        return f"-{show_duration(-nanoseconds)}"
    if nanoseconds < _UNITS["s"]:
        for unit in ("ms", "\u00b5s", "ns"):
            if nanoseconds >= _UNITS[unit]:
                return f"{_plain(Decimal(nanoseconds) / _UNITS[unit])}{unit}"
        return "0s"
    minutes, rest = divmod(nanoseconds, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_plain(Decimal(rest) / _UNITS['s'])}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
