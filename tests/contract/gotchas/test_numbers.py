"""Numbers that the client asserts to be numbers are numbers."""

from __future__ import annotations

import pytest

from tests.contract.gotchas.door import ESS
from tests.contract.gotchas.network import EMPTY_LISTS, SEVERAL, Network, look


@pytest.mark.parametrize(
    ("path", "number"),
    [("WeightedCapacities.WeightedCapacity.0", 3), ("SpotPriceLimit.SpotPriceModel.0.PriceLimit", 0.5)],
)
def test_a_number_is_a_number(network: Network, path: str, number: float) -> None:
    override = {"InstanceTypeOverride__1__InstanceType": "ecs.g7.large", "InstanceTypeOverride__1__WeightedCapacity": 3}
    price = {"SpotPriceLimit__1__InstanceType": "ecs.g7.large", "SpotPriceLimit__1__PriceLimit": "0.5"}
    target = {"ScalingConfigurationId": network.ids["scaling configuration"]}
    network.door.ok(ESS, "ModifyScalingConfiguration", **target, **override, **price)
    shown = look(network.read("scaling configuration"), path)
    assert (shown, type(shown)) == (number, type(number))


def test_the_target_of_a_scaling_rule_is_a_number(network: Network) -> None:
    target = {"ScalingRuleType": "TargetTrackingScalingRule", "MetricName": "CpuUtilization", "TargetValue": "50.5"}
    made = network.door.ok(ESS, "CreateScalingRule", ScalingGroupId=network.ids["scaling group"], **target)
    network.ids["scaling rule"] = made["ScalingRuleId"]
    assert (network.read("scaling rule") or {})["TargetValue"] == 50.5


@pytest.mark.parametrize("kind", [kind for kind in EMPTY_LISTS if kind not in SEVERAL])
def test_counts_of_pages_are_numbers(shared: Network, kind: str) -> None:
    version, action, ids, _ = EMPTY_LISTS[kind]
    answer = shared.door.ok(version, action, **{name: shared.ids[id] for name, id in ids.items()})
    assert [answer[name] for name in ("TotalCount", "PageNumber", "PageSize")] == [1, 1, 10]
