"""A pool's numbers over its zones: Gardener's own examples, and what holds for every pool."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.gardener.distribution import distribute_over_zones
from provisioner.translate.rolling import healthy_percentages, zone_share

zones = st.integers(1, 12)
totals = st.integers(0, 10_000)
percents = st.integers(0, 300)


def shares(value: int | str, total: int, count: int) -> list[int | str]:
    """Return the share of each zone."""
    return [zone_share(value, total, index, count) for index in range(count)]


def percentages(percent: int, total: int, count: int) -> list[int]:
    """Return the share of each zone of a percentage, as numbers."""
    found = shares(f"{percent}%", total, count)
    assert all(isinstance(share, str) and share.endswith("%") for share in found)
    return [int(str(share).removesuffix("%")) for share in found]


@pytest.mark.parametrize(
    ("minimum", "maximum", "surge", "unavailable", "expected"),
    [
        # minimum, maximum, maxSurge (of the maximum) and maxUnavailable (of the minimum) of each zone.
        (3, 5, 1, 0, [(2, 3, 1, 0), (1, 2, 0, 0)]),
        (3, 5, "50%", 0, [(2, 3, "60%", 0), (1, 2, "40%", 0)]),
        (2, 5, "75%", "30%", [(1, 2, "90%", "45%"), (1, 2, "90%", "45%"), (0, 1, "45%", "0%")]),
        (8, 10, 3, "10%", [(4, 5, 2, "10%"), (4, 5, 1, "10%")]),
        (10, 10, 0, 2, [(4, 4, 0, 1), (3, 3, 0, 1), (3, 3, 0, 0)]),
        (2, 4, "25%", 1, [(1, 2, "38%", 1), (1, 1, "19%", 0), (0, 1, "19%", 0)]),
    ],
)
def test_a_pool_is_distributed_as_gardener_does_it(
    minimum: int,
    maximum: int,
    surge: int | str,
    unavailable: int | str,
    expected: list[tuple[int, int, int | str, int | str]],
) -> None:
    count = len(expected)
    distributed = [
        (
            distribute_over_zones(minimum, index, count),
            distribute_over_zones(maximum, index, count),
            zone_share(surge, maximum, index, count),
            zone_share(unavailable, minimum, index, count),
        )
        for index in range(count)
    ]
    assert distributed == expected


@given(totals, totals, zones)
def test_a_number_is_shared_whatever_the_size_of_the_pool(value: int, total: int, count: int) -> None:
    assert shares(value, total, count) == [distribute_over_zones(value, index, count) for index in range(count)]


@given(totals, zones, st.integers(0, 11))
def test_a_zone_gets_no_less_when_the_pool_grows(total: int, count: int, more: int) -> None:
    before, after = ([distribute_over_zones(size, n, count) for n in range(count)] for size in (total, total + more))
    assert all(old <= new for old, new in zip(before, after, strict=True))


@given(percents, st.integers(0, 1000), zones)
def test_a_percentage_stays_where_zones_are_alike(percent: int, per_zone: int, count: int) -> None:
    assert shares(f"{percent}%", per_zone * count, count) == [f"{percent}%"] * count


@given(percents, st.integers(1, 10_000), zones)
def test_percentages_never_grow_from_zone_to_zone(percent: int, total: int, count: int) -> None:
    found = percentages(percent, total, count)
    assert found == sorted(found, reverse=True)


@given(percents, st.integers(1, 10_000), zones)
def test_the_mean_of_the_percentages_is_the_pools_rounded_up(percent: int, total: int, count: int) -> None:
    found = percentages(percent, total, count)
    assert percent <= Fraction(sum(found), count) < percent + 1


@given(percents, st.integers(1, 10_000), zones)
def test_a_percentage_is_of_what_the_zone_has_of_the_pool(percent: int, total: int, count: int) -> None:
    """Rounding up adds less than one percent to the zone's part of a pool whose zones were all alike."""
    for index, found in enumerate(percentages(percent, total, count)):
        exact = Fraction(percent * count * distribute_over_zones(total, index, count), total)
        assert exact <= found < exact + 1


@given(percents, st.integers(1, 100), st.integers(2, 12), zones)
def test_a_higher_percentage_gives_no_zone_less(percent: int, more: int, total: int, count: int) -> None:
    before, after = percentages(percent, total, count), percentages(percent + more, total, count)
    assert all(old <= new for old, new in zip(before, after, strict=True))


@given(percents, st.integers(2, 12), st.data())
def test_a_zone_without_machines_has_zero_percent(percent: int, count: int, data: st.DataObject) -> None:
    total = data.draw(st.integers(1, count - 1))
    assert percentages(percent, total, count)[total:] == [0] * (count - total)


@given(percents, zones)
def test_a_pool_without_machines_keeps_its_percentage(percent: int, count: int) -> None:
    """Nothing is divided by a size of nothing."""
    assert percentages(percent, 0, count) == [percent] * count


@given(st.integers(1, 300), st.integers(0, 60), st.integers(0, 60))
def test_limits_of_a_refresh_are_those_of_the_counts(size: int, surge: int, unavailable: int) -> None:
    """As many may be missing, or be there in addition, as was asked for, rounded in favour of the machines that run."""
    least, most = healthy_percentages(size, surge, unavailable)
    missing = unavailable if surge or unavailable else 1
    assert least == max(0, 100 * (size - missing) // size)
    assert most == min(200, 100 + -(-100 * surge // size))


@given(st.integers(1, 300), percents, st.integers(0, 99), st.integers(1, 100))
def test_who_asks_for_more_surge_never_gets_less(size: int, surge: int, unavailable: int, more: int) -> None:
    before, after = (
        healthy_percentages(size, f"{percent}%", f"{unavailable}%")[1] for percent in (surge, surge + more)
    )
    assert before <= after
