"""A scaling group is born inactive; a configuration is made active before the group is enabled."""

from __future__ import annotations

from tests.contract.gotchas.door import ESS, NO_REGION, wait_for
from tests.contract.gotchas.network import IMAGE, Network


def lifecycles(network: Network) -> tuple[str, str]:
    group, configuration = (network.read(kind) or {} for kind in ("scaling group", "scaling configuration"))
    return group["LifecycleState"], configuration["LifecycleState"]


def test_a_scaling_group_is_enabled_after_its_configuration_is_active(network: Network) -> None:
    group = {"ScalingGroupId": network.ids["scaling group"]}
    active = {"ActiveScalingConfigurationId": network.ids["scaling configuration"]}
    assert lifecycles(network) == ("Inactive", "Inactive")
    assert network.door.refused(ESS, "EnableScalingGroup", **group) == (400, "MissingActiveScalingConfiguration")
    network.door.ok(ESS, "ModifyScalingGroup", **group, **active)
    assert lifecycles(network) == ("Inactive", "Active")
    network.door.ok(ESS, "EnableScalingGroup", **group, **active)
    assert lifecycles(network) == ("Active", "Active")


def test_what_the_provider_sends_after_every_create_changes_nothing(network: Network) -> None:
    """Without a region, as it does."""
    before = [network.read(kind) for kind in ("scaling group", "scaling configuration")]
    group, configuration = network.ids["scaling group"], network.ids["scaling configuration"]
    network.door.ok(ESS, "ModifyScalingGroup", ScalingGroupId=group, **NO_REGION)
    network.door.ok(ESS, "ModifyScalingConfiguration", ScalingConfigurationId=configuration, ImageId=IMAGE, **NO_REGION)
    assert [network.read(kind) for kind in ("scaling group", "scaling configuration")] == before


def test_a_group_deleted_by_force_takes_everything_along(fleet: Network) -> None:
    group = {"ScalingGroupId": fleet.ids["scaling group"]}
    fleet.door.ok(ESS, "DeleteScalingGroup", **group, ForceDelete="true")
    wait_for(lambda: fleet.read("scaling group") is None)
    assert fleet.read("scaling configuration") is None
    assert fleet.door.refused(ESS, "DeleteScalingGroup", **group) == (404, "InvalidScalingGroupId.NotFound")
