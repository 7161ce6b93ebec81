"""What the sandbox sells, changed for a test: shown, and not given to a caller that buys it."""

from __future__ import annotations

from typing import Any

import pytest

A, B = "eu-central-1a", "eu-central-1b"
TYPE = "ecs.g7.large"


def statuses(account: Any, item: str, **parameters: object) -> dict[str, tuple[str, str]]:
    """Return status and category of an item by zone."""
    answer = account.ecs("DescribeAvailableResource", **parameters)
    return {
        zone["ZoneId"]: (row["Status"], row["StatusCategory"])
        for zone in answer["AvailableZones"]["AvailableZone"]
        for resource in zone["AvailableResources"]["AvailableResource"]
        for row in resource["SupportedResources"]["SupportedResource"]
        if row["Value"] == item
    }


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("sold", ("Available", "WithStock")),
        ("closing", ("Available", "ClosedWithStock")),
        ("no-stock", ("SoldOut", "WithoutStock")),
        ("closed", ("SoldOut", "ClosedWithoutStock")),
        ("not-sold", None),
    ],
)
def test_state_is_shown_in_its_zone_alone(account: Any, state: str, shown: tuple[str, str] | None) -> None:
    account.cloud.set_offer(TYPE, state, A)
    found = statuses(account, TYPE, DestinationResource="InstanceType")
    assert (found.get(A), found[B]) == (shown, ("Available", "WithStock"))


def test_category_can_be_missing_for_one_type(account: Any) -> None:
    account.cloud.set_offer(f"{TYPE}/cloud_ssd", "not-sold")
    of_types = [
        statuses(account, "cloud_ssd", DestinationResource="SystemDisk", InstanceType=type)
        for type in (TYPE, "ecs.g6.large")
    ]
    assert [len(found) for found in of_types] == [0, 3]


def test_category_of_a_zone_is_told_without_a_type(account: Any) -> None:
    account.cloud.set_offer("cloud_ssd", "not-sold", A)
    found = statuses(account, "cloud_ssd", DestinationResource="DataDisk", ResourceType="disk")
    assert found.keys() == {B, "eu-central-1c"}


@pytest.mark.parametrize("disk", ["SystemDisk", "DataDisk"])
def test_disks_belong_to_a_type(account: Any, refused: Any, disk: str) -> None:
    answer = refused(account.ecs, "DescribeAvailableResource", DestinationResource=disk)
    assert answer.code.startswith("MissingParameter") or answer.code.startswith("MissingInstanceType"), answer.code


def test_zone_without_nat_gateways_is_not_listed_and_refuses_one(account: Any, refused: Any) -> None:
    account.cloud.set_offer("nat-gateway", "not-sold", A)
    zones = account.vpc("ListEnhanhcedNatGatewayAvailableZones")["Zones"]
    vpc_id = account.a_vpc()
    given = {"VpcId": vpc_id, "VSwitchId": account.a_vswitch(vpc_id), "NatType": "Enhanced"}
    assert [zone["ZoneId"] for zone in zones] == [B, "eu-central-1c"]
    assert refused(account.vpc, "CreateNatGateway", **given).code == "Zone.NotOnSale"


@pytest.mark.parametrize("state", ["no-stock", "not-sold"])
def test_group_starts_no_machine_that_cannot_be_bought(account: Any, state: str) -> None:
    group_id = account.an_enabled_group()
    account.cloud.set_offer(TYPE, state)
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, DesiredCapacity=2)
    account.settle()
    assert account.size(group_id) == (2, 1)


def test_group_starts_no_machine_beyond_the_quota_of_vcpus(account: Any) -> None:
    group_id = account.an_enabled_group()
    account.cloud.set_quota("vcpu", 4)
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, DesiredCapacity=3)
    account.settle()
    assert account.size(group_id) == (3, 2)


def test_quota_and_use_of_vcpus_are_told(account: Any) -> None:
    account.an_enabled_group()
    names = {
        f"AttributeName__{number}": f"{kind}-postpaid-instance-vcpu-count"
        for number, kind in enumerate(("max", "used"), 1)
    }
    items = account.ecs("DescribeAccountAttributes", **names)["AccountAttributeItems"]["AccountAttributeItem"]
    assert [item["AttributeValues"]["ValueItem"][0]["Value"] for item in items] == ["20000", "2"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("ecs.none", "sold"), "item: 'ecs.none' is no instance type"),
        (("nat-gateway/cloud_ssd", "sold"), "item: 'nat-gateway/cloud_ssd'"),
        ((TYPE, "gone"), "state: 'gone' is not one of sold, closing"),
        ((TYPE, "sold", "eu-central-1z"), "zone: there is no zone 'eu-central-1z'"),
    ],
)
def test_change_that_makes_no_sense_is_refused(account: Any, change: tuple[str, ...], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        account.cloud.set_offer(*change)


def test_reset_restores_the_offer(account: Any) -> None:
    account.cloud.set_offer(TYPE, "not-sold")
    account.cloud.reset()
    assert account.cloud.offers() == []
