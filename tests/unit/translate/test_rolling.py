"""Which machines are outdated, and how many of them may go at a time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.api.extensions_v1alpha1 import WorkerPool
from provisioner.translate.rolling import healthy_percentages, revision, zone_share

POOL: dict[str, Any] = {
    "name": "general",
    "machineType": "ecs.g7.large",
    "machineImage": {"name": "gardenlinux", "version": "1592.4.0"},
    "minimum": 1,
    "maximum": 3,
    "zones": ["eu-central-1a"],
    "volume": {"type": "cloud_essd", "size": "50Gi"},
    "dataVolumes": [{"name": "data", "type": "cloud_essd", "size": "20Gi"}],
    "userDataSecretRef": {"name": "general-user-data", "key": "cloud_config"},
}


def of(user_data: str | None = "IyEvYmluL3No", **fields: Any) -> str:
    """Return the revision of the pool with some fields of its own."""
    return revision(WorkerPool.model_validate({**POOL, **fields}), user_data)


@pytest.mark.parametrize(
    "fields",
    [
        {"machineType": "ecs.g7.xlarge"},
        {"machineImage": {"name": "gardenlinux", "version": "1592.5.0"}},
        {"machineImage": {"name": "suse", "version": "1592.4.0"}},
        {"volume": {"type": "cloud_essd", "size": "60Gi"}},
        {"volume": {"type": "cloud_efficiency", "size": "50Gi"}},
        {"volume": {"type": "cloud_essd", "size": "50Gi", "encrypted": True}},
        {"dataVolumes": []},
        {"dataVolumes": [{"name": "data", "type": "cloud_essd", "size": "40Gi"}]},
        {"user_data": "IyEvYmluL2Jhc2g="},
        {"user_data": None},
    ],
    ids=str,
)
def test_what_machines_are_made_of_makes_another_revision(fields: dict[str, Any]) -> None:
    assert of(**fields) != of()


@pytest.mark.parametrize(
    "fields",
    [
        {"minimum": 2},
        {"maximum": 9},
        {"maxSurge": 2},
        {"zones": ["eu-central-1b"]},
        {"labels": {"a": "b"}},
        {"taints": [{"key": "a", "effect": "NoSchedule"}]},
    ],
    ids=str,
)
def test_what_does_not_touch_machines_does_not(fields: dict[str, Any]) -> None:
    assert of(**fields) == of()


@pytest.mark.parametrize(
    ("value", "total", "shares"),
    [
        (1, 5, [1, 0]),
        ("50%", 5, ["60%", "40%"]),
        ("75%", 5, ["90%", "90%", "45%"]),
        ("25%", 4, ["38%", "19%", "19%"]),
        ("30%", 2, ["45%", "45%", "0%"]),
        ("10%", 8, ["10%", "10%"]),
    ],
)
def test_share_of_a_zone_is_gardeners(value: int | str, total: int, shares: list[int | str]) -> None:
    assert [zone_share(value, total, index, len(shares)) for index in range(len(shares))] == shares


@pytest.mark.parametrize(
    ("size", "surge", "unavailable", "expected"),
    [
        (4, 1, 0, (100, 125)),
        (4, 0, 1, (75, 100)),
        (4, 0, 0, (75, 100)),
        (3, 1, 0, (100, 134)),
        (3, 0, 1, (66, 100)),
        (3, "50%", "50%", (66, 167)),
        (1, 0, 0, (0, 100)),
        (1, 5, 0, (100, 200)),
        (2, 0, 9, (0, 100)),
        (10, "10%", "5%", (100, 110)),
    ],
)
def test_percentages_are_of_the_current_size(
    size: int, surge: int | str, unavailable: int | str, expected: tuple[int, int]
) -> None:
    assert healthy_percentages(size, surge, unavailable) == expected


numbers = st.one_of(st.integers(0, 50), st.integers(0, 100).map(lambda percent: f"{percent}%"))


@given(st.integers(1, 200), numbers, numbers)
def test_something_may_always_go_and_the_limits_are_those_of_the_service(
    size: int, surge: int | str, unavailable: int | str
) -> None:
    least, most = healthy_percentages(size, surge, unavailable)
    assert 0 <= least <= 100 <= most <= 200
    assert (least, most) != (100, 100)
