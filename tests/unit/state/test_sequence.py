from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.objectstore import MemoryStore, ObjectInfo
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


def test_foreign_keys_are_ignored() -> None:
    store, sequence = filled(1, 3)
    for name in ("0000000003.tfstate.bak", "0000000004.json", "12.tfstate", "notes.txt"):
        store.put_if_absent(f"e/state/{name}", b"", {})
    assert [entry.number for entry in sequence.all()] == [1, 2, 3]


def test_all_entries_are_listed_across_pages() -> None:
    assert [entry.number for entry in filled(1, 2300)[1].all()] == list(range(1, 2301))
