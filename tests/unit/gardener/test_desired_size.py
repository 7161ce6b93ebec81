"""How many machines a zone's scaling group has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.gardener.distribution import desired_size

limits = st.tuples(st.integers(0, 2000), st.integers(0, 2000)).map(sorted)
sizes = st.one_of(st.none(), st.integers(0, 3000))


@pytest.mark.parametrize(
    ("current", "is_hibernated", "size"),
    [(None, False, 1), (0, False, 1), (2, False, 2), (9, False, 3), (2, True, 0), (None, True, 0)],
)
def test_the_autoscaler_decides_the_size_between_minimum_and_maximum(
    current: int | None, is_hibernated: bool, size: int
) -> None:
    assert desired_size(current, 1, 3, is_hibernated=is_hibernated) == size


@given(limits, sizes)
def test_a_size_is_between_minimum_and_maximum(limits: list[int], current: int | None) -> None:
    minimum, maximum = limits
    assert minimum <= desired_size(current, minimum, maximum, is_hibernated=False) <= maximum


@given(limits, st.data())
def test_a_size_that_is_allowed_is_kept(limits: list[int], data: st.DataObject) -> None:
    current = data.draw(st.integers(*limits))
    assert desired_size(current, *limits, is_hibernated=False) == current


@given(limits, sizes)
def test_a_hibernated_shoot_has_no_machines(limits: list[int], current: int | None) -> None:
    assert desired_size(current, *limits, is_hibernated=True) == 0


@given(limits, st.integers(0, 3000), st.integers(0, 100))
def test_a_greater_size_never_leads_to_a_smaller_one(limits: list[int], current: int, more: int) -> None:
    sizes = [desired_size(size, *limits, is_hibernated=False) for size in (current, current + more)]
    assert sizes == sorted(sizes)
