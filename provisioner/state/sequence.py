"""Numbered objects below one prefix: `0000000001.<suffix>`, `0000000002.<suffix>`, ..."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provisioner.objectstore import ObjectInfo, ObjectStore
from provisioner.objectstore.interface import PAGE_SIZE

_DIGITS: Final = 10
_ABOVE_ALL: Final = 10**_DIGITS
HIGHEST_OLD: Final = 10**9
"""The highest number that an object without its own number can have: a run of an older program writes one in 20 s."""
# A probe asks for a few keys, not one: an operator's copy (`0000000005.tfstate.bak`) may come before the next number.
_PROBE_SIZE: Final = 10


@dataclass(frozen=True, slots=True)
class NumberedObject:
    """One entry of the sequence."""

    number: int
    info: ObjectInfo


class Sequence:
    """
    Objects with ascending numbers, from 1. Any of them may be missing.

    It ignores keys of other shapes below the prefix, however many there are: the end of a listing depends on its page.
    """

    def __init__(self, store: ObjectStore, prefix: str, suffix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._suffix = suffix
        self._name = re.compile(rf"{re.escape(prefix)}([0-9]{{{_DIGITS}}}){re.escape(suffix)}")

    def key(self, number: int) -> str:
        """Return the key of the object with this number."""
        return f"{self._prefix}{number:0{_DIGITS}}{self._suffix}"

    def newest(self, hint: int = 0) -> NumberedObject | None:
        """Return the entry with the highest number, or None when there is none; costs as much as `descending`."""
        return next(self.descending(hint), None)

    def descending(self, hint: int = 0, below: int = _ABOVE_ALL) -> Iterator[NumberedObject]:
        """
        Yield the entries with a number below the given one, the highest first.

        One listing is enough for the first of less than 1000 objects, or with a `hint`: the highest number known so
        far. Otherwise this finds it with doubling steps and then halving intervals, in a number of listings that grows
        with the logarithm of the entries.
        """
        found = self._highest(hint - 1, below) if 1 < hint < below else []
        if not found:
            found = self._highest(0, below)
        while found:
            yield from reversed(found)
            below = found[0].number
            found = self._highest(below - 1 - PAGE_SIZE, below) or self._highest(0, below)

    def oldest(self) -> list[NumberedObject]:
        """Return the first entries, ascending: as many as one listing gives, but at least one if there is any."""
        return self._some(0, _ABOVE_ALL, PAGE_SIZE)

    def all(self) -> list[NumberedObject]:
        """Return every entry, ascending."""
        return [entry for entries in self._pages(0, _ABOVE_ALL, PAGE_SIZE) for entry in entries]

    def _highest(self, after: int, below: int) -> list[NumberedObject]:
        """Return some of the last entries between two numbers, ascending, with the highest; empty if there is none."""
        low, high, step = max(after, 0), below - 1, PAGE_SIZE
        if low >= high:
            return []
        found, rest = self._page(self.key(low), below, PAGE_SIZE)
        if rest is None:
            return found
        low = found[-1].number if found else low
        while low + step < high:
            probe = self._some(low + step, high + 1, _PROBE_SIZE)
            if not probe:
                high = low + step
                break
            found, low, step = probe, probe[-1].number, step * 2
        while high - low >= PAGE_SIZE:
            middle = (low + high) // 2
            probe = self._some(middle, high + 1, _PROBE_SIZE)
            if probe:
                found, low = probe, probe[-1].number
            else:
                high = middle
        for entries in self._pages(low, high + 1, PAGE_SIZE):
            found = entries or found
        return found

    def _some(self, after: int, below: int, size: int) -> list[NumberedObject]:
        """Return the entries of the first listing between two numbers that has any, ascending."""
        return next((entries for entries in self._pages(after, below, size) if entries), [])

    def _pages(self, after: int, below: int, size: int) -> Iterator[list[NumberedObject]]:
        """Yield the entries between two numbers by listing; the first listing has this size, and any may be empty."""
        rest: str | None = self.key(after)
        while rest is not None and after < below - 1:
            entries, rest = self._page(rest, below, size)
            yield entries
            size = PAGE_SIZE

    def _page(self, start: str, below: int, size: int) -> tuple[list[NumberedObject], str | None]:
        """Return the entries of one listing, and the key after which the next one starts, None after the last."""
        page = self._store.list(self._prefix, start, size)
        matches = ((self._name.fullmatch(info.key), info) for info in page)
        entries = [NumberedObject(int(match[1]), info) for match, info in matches if match is not None]
        is_last = len(page) < size or page[-1].key >= self.key(below - 1)
        return [entry for entry in entries if entry.number < below], None if is_last else page[-1].key
