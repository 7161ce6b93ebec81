"""A pool's size over its zones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.gardener.distribution import distribute_over_zones


@pytest.mark.parametrize(
    ("total", "zones", "shares"), [(5, 2, [3, 2]), (10, 3, [4, 3, 3]), (2, 3, [1, 1, 0]), (0, 2, [0, 0]), (3, 1, [3])]
)
def test_the_first_zones_get_the_remainder(total, zones, shares):
    assert [distribute_over_zones(total, index, zones) for index in range(zones)] == shares


@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=1, max_value=20))
def test_shares_add_up_differ_by_one_at_most_and_never_grow(total, zones):
    shares = [distribute_over_zones(total, index, zones) for index in range(zones)]
    assert (sum(shares), max(shares) - min(shares) <= 1, sorted(shares, reverse=True)) == (total, True, shares)
