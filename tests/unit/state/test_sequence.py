from __future__ import annotations

import bisect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.objectstore import MemoryStore, ObjectInfo
from provisioner.objectstore.interface import PAGE_SIZE
from provisioner.state.sequence import Sequence


class CountingStore(MemoryStore):
    """Counts listings."""

    listings = 0

    def list(self, prefix: str, start_after: str = "", limit: int = 1000) -> list[ObjectInfo]:
        self.listings += 1
        return super().list(prefix, start_after, limit)


def filled(first: int, last: int) -> tuple[CountingStore, Sequence]:
    store = CountingStore()
    sequence = Sequence(store, "e/state/", ".tfstate")
    for number in range(first, last + 1):
        store.put_if_absent(sequence.key(number), b"", {})
    return store, sequence


def test_keys_have_ten_digits() -> None:
    assert Sequence(MemoryStore(), "e/state/", ".tfstate").key(42) == "e/state/0000000042.tfstate"


def test_an_empty_sequence_has_no_newest() -> None:
    assert filled(1, 0)[1].newest() is None


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 999), (1, 1000), (1, 1001), (1, 3456), (2500, 4800)])
def test_the_newest_is_found(first: int, last: int) -> None:
    newest = filled(first, last)[1].newest()
    assert newest is not None
    assert newest.number == last


@settings(max_examples=25, deadline=None)
@given(removed=st.integers(0, 2500), count=st.integers(1, 2600), hint=st.integers(0, 6000))
def test_the_newest_is_found_with_any_hint_and_after_any_retention(removed: int, count: int, hint: int) -> None:
    newest = filled(removed + 1, removed + count)[1].newest(hint)
    assert newest is not None
    assert newest.number == removed + count


def test_below_a_thousand_entries_one_listing_is_enough() -> None:
    store, sequence = filled(1, 999)
    sequence.newest()
    assert store.listings == 1


def test_ten_thousand_entries_take_a_dozen_listings() -> None:
    store, sequence = filled(1, 10_000)
    sequence.newest()
    assert store.listings <= 12


def test_with_a_hint_one_listing_is_enough_for_ten_thousand_entries() -> None:
    store, sequence = filled(1, 10_000)
    sequence.newest(hint=9_990)
    assert store.listings == 1


def test_one_foreign_key_hides_nothing() -> None:
    store, sequence = filled(1, 1200)
    store.put_if_absent("e/state/0000000000-note.txt", b"", {})
    newest = sequence.newest()
    assert newest is not None
    assert newest.number == 1200


NUMBERS = st.one_of(st.integers(1, 60), st.integers(900, 1100), st.integers(1, 10**10 - 1))


@st.composite
def numbers(draw: st.DrawFn) -> set[int]:
    """Taken numbers: rows of any length with holes in them, and some far from all others."""
    taken: set[int] = set()
    for _ in range(draw(st.integers(0, 3))):
        first = draw(NUMBERS)
        row = range(first, min(first + draw(st.sampled_from([1, 5, 999, 1000, 1001, 2300])), 10**10))
        taken |= set(row) - draw(st.sets(st.sampled_from(row), max_size=20))
    return taken | draw(st.sets(NUMBERS, max_size=3))


@st.composite
def foreign_names(draw: st.DrawFn, taken: set[int]) -> set[str]:
    """Names of other shapes, up to some thousands of them in a row, before, among and after the others."""
    names: set[str] = set()
    for _ in range(draw(st.integers(0, 3))):
        near = draw(st.sampled_from(sorted(taken)) if taken else NUMBERS)
        stem = draw(st.sampled_from(["-", "0-", f"{near:010}.tfstate.bak", f"{near:010}", f"{near:011}.tfstate", "z/"]))
        names |= {f"{stem}{place:04}" for place in range(draw(st.sampled_from([1, 9, 999, 1000, 2500])))}
    return names


class SortedStore(MemoryStore):
    """Lists its objects quickly; they never change."""

    def __init__(self, keys: set[str]) -> None:
        super().__init__()
        self._keys = sorted(keys)

    def list(self, prefix: str, start_after: str = "", limit: int = PAGE_SIZE) -> list[ObjectInfo]:
        first = bisect.bisect_right(self._keys, start_after)
        return [ObjectInfo(key, 0, self.now()) for key in self._keys[first : first + limit]]


@settings(max_examples=100, deadline=None)
@given(data=st.data(), taken=numbers(), hint=st.one_of(st.just(0), NUMBERS), below=st.one_of(st.none(), NUMBERS))
def test_every_entry_is_found_among_any_other_keys(
    data: st.DataObject, taken: set[int], hint: int, below: int | None
) -> None:
    """`hint` is a known number, which may be missing in a log that has lost objects."""
    sequence = Sequence(SortedStore(set()), "e/state/", ".tfstate")
    foreign = {f"e/state/{name}" for name in data.draw(foreign_names(taken))}
    sequence = Sequence(SortedStore({sequence.key(number) for number in taken} | foreign), "e/state/", ".tfstate")
    ascending = sorted(taken)
    assert [entry.number for entry in sequence.all()] == ascending
    oldest = [entry.number for entry in sequence.oldest()]
    assert (oldest, bool(oldest)) == (ascending[: len(oldest)], bool(taken))
    newest = sequence.newest(hint)
    assert (newest.number if newest else None) == max(taken, default=None)
    wanted = [number for number in reversed(ascending) if below is None or number < below]
    found = sequence.descending(hint) if below is None else sequence.descending(hint, below)
    assert [entry.number for entry in found] == wanted


def test_foreign_keys_are_ignored() -> None:
    store, sequence = filled(1, 3)
    for name in ("0000000003.tfstate.bak", "0000000004.json", "12.tfstate", "notes.txt"):
        store.put_if_absent(f"e/state/{name}", b"", {})
    assert [entry.number for entry in sequence.all()] == [1, 2, 3]


def test_all_entries_are_listed_across_pages() -> None:
    assert [entry.number for entry in filled(1, 2300)[1].all()] == list(range(1, 2301))
