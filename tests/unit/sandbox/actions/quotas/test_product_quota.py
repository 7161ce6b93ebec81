"""Quota Center: the quotas that the sandbox enforces, and how much of them is used."""

from __future__ import annotations

from typing import Any

import pytest

QUOTAS = "2020-05-10"


def quotas(account: Any, product: str, **parameters: object) -> dict[str, tuple[float, float | None]]:
    """Return limit and use by code."""
    answer = account.call(QUOTAS, "ListProductQuotas", ProductCode=product, **parameters)
    return {row["QuotaActionCode"]: (row["TotalQuota"], row.get("TotalUsage")) for row in answer["Quotas"]}


def test_limit_and_use_are_told(account: Any) -> None:
    account.a_vpc()
    account.cloud.set_quota("vpc", 3)
    assert quotas(account, "vpc")["vpc_quota_instances_num_eu-central-1"] == (3.0, 1.0)


def test_use_that_differs_from_vpc_to_vpc_is_not_told(account: Any) -> None:
    assert quotas(account, "vpc")["vpc_quota_vswitches_num"] == (150.0, None)


def test_a_code_chooses_one(account: Any) -> None:
    found = quotas(account, "ecs", QuotaActionCode="q_security-groups")
    assert (found, quotas(account, "ecs", QuotaActionCode="other")) == ({"q_security-groups": (100.0, 0.0)}, {})


def test_quotas_are_paged_by_token(account: Any) -> None:
    given = {"ProductCode": "vpc", "MaxResults": 3}
    first = account.call(QUOTAS, "ListProductQuotas", **given)
    second = account.call(QUOTAS, "ListProductQuotas", **given, NextToken=first["NextToken"])
    assert (len(first["Quotas"]), len(second["Quotas"]), second.get("NextToken")) == (3, 2, None)


@pytest.mark.parametrize(
    "given",
    [{"MaxResults": 0}, {"MaxResults": 101}, {"Dimensions__1__Key": "regionId", "Dimensions__1__Value": "cn-beijing"}],
)
def test_what_makes_no_sense_is_refused(account: Any, refused: Any, given: dict[str, object]) -> None:
    assert refused(account.call, QUOTAS, "ListProductQuotas", ProductCode="vpc", **given).code == "InvalidParameter"
