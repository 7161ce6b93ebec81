"""Numbered objects below one prefix: `0000000001.<suffix>`, `0000000002.<suffix>`, ..."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provisioner.objectstore import ObjectInfo, ObjectStore
from provisioner.objectstore.interface import PAGE_SIZE

_DIGITS = 10
# A probe asks for a few keys, not one: somebody's copy (`0000000005.tfstate.bak`) may stand before the next number.
_PROBE_SIZE = 10


@dataclass(frozen=True, slots=True)
class NumberedObject:
    """One entry of the sequence."""

    number: int
    info: ObjectInfo


class Sequence:
    """
    Objects with consecutive numbers. Old ones may have been removed, so the first number need not be 1.

    Keys of other shapes below the prefix are ignored.
    """

    def __init__(self, store: ObjectStore, prefix: str, suffix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._suffix = suffix
        self._name = re.compile(rf"{re.escape(prefix)}(\d{{{_DIGITS}}}){re.escape(suffix)}")

    def key(self, number: int) -> str:
        """Return the key of the object with this number."""
        return f"{self._prefix}{number:0{_DIGITS}}{self._suffix}"

    def newest(self, hint: int = 0) -> NumberedObject | None:
        """
        Return the entry with the highest number, or None when there is none.

        One listing is enough for less than 1000 entries, or with a `hint`: the highest number known so far. Otherwise
        the end is found by doubling steps and halving what they leave, in a number of listings that grows with the
        logarithm of the entries.
        """
        page = self._page(hint - 1, PAGE_SIZE) if hint > 1 else []
        if not page:
            page = self._page(0, PAGE_SIZE)
        if len(page) < PAGE_SIZE:
            return page[-1] if page else None
        low, step = page[-1], PAGE_SIZE
        while probe := self._page(low.number + step, _PROBE_SIZE):
            low, step = probe[-1], step * 2
        high = low.number + step  # nothing comes after it
        while high - low.number >= PAGE_SIZE:
            middle = (low.number + high) // 2
            if probe := self._page(middle, _PROBE_SIZE):
                low = probe[-1]
            else:
                high = middle
        rest = self._page(low.number, PAGE_SIZE)
        # A full page means that others kept adding entries meanwhile.
        return (self.newest(rest[-1].number) if len(rest) == PAGE_SIZE else rest[-1]) if rest else low

    def oldest(self) -> list[NumberedObject]:
        """Return the first entries, ascending: as many as one listing gives."""
        return self._page(0, PAGE_SIZE)

    def all(self) -> list[NumberedObject]:
        """Return every entry, ascending."""
        found: list[NumberedObject] = []
        after = ""
        while page := self._store.list(self._prefix, after, PAGE_SIZE):
            found += self._numbered(page)
            if len(page) < PAGE_SIZE:
                break
            after = page[-1].key
        return found

    def _page(self, after: int, limit: int) -> list[NumberedObject]:
        return self._numbered(self._store.list(self._prefix, self.key(after) if after > 0 else "", limit))

    def _numbered(self, page: list[ObjectInfo]) -> list[NumberedObject]:
        matches = ((self._name.fullmatch(info.key), info) for info in page)
        return [NumberedObject(int(match[1]), info) for match, info in matches if match is not None]
