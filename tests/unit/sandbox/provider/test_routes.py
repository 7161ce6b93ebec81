"""Route tables, who uses them, and routes: made, changed, found, gone and refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from provisioner.sandbox.cloud.faults import Fault
from tests.unit.sandbox.provider.network import Network
from tests.unit.sandbox.provider.terraform_side import RefusedError, Terraform, WatchedCloud, refusal

PARTS = ["vpc", "vswitch", "nat", "table", "attachment", "route", "gateway", "ipv6 route"]


def routed(network: Network, number: int) -> dict[str, Any]:
    """Return the configuration of one more route."""
    return {**network.parts["route"][1], "destination_cidrblock": f"192.168.{number}.0/24"}


# --- all parts ---


def test_a_network_leaves_nothing_behind(network: Network, watched: WatchedCloud) -> None:
    network.destroy()
    assert watched.cloud.counts() == {}


@pytest.mark.parametrize("name", PARTS)
def test_nothing_is_planned_after_everything_was_created(network: Network, terraform: Terraform, name: str) -> None:
    type_name, values, state = network.parts[name]
    current = terraform.read(type_name, state)
    plan = terraform.plan(type_name, values, current)
    assert (plan.after, plan.replaced) == (current, [])


@pytest.mark.parametrize("name", ["table", "attachment", "route", "gateway", "ipv6 route"])
def test_an_object_is_found_by_its_id_alone(network: Network, terraform: Terraform, name: str) -> None:
    type_name, values, state = network.parts[name]
    imported = terraform.import_(type_name, state["id"])
    plan = terraform.plan(type_name, values, imported)
    assert (plan.after, plan.replaced) == (imported, [])


@pytest.mark.parametrize(
    ("type_name", "identifier", "text"),
    [
        ("alicloud_route_table_attachment", "vtb-1", "Expected parts' length 2, got 1"),
        ("alicloud_route_entry", "vtb-1:0.0.0.0/0", "Expected parts' length 5, got 2"),
    ],
)
def test_an_id_with_missing_parts_is_not_imported(
    terraform: Terraform, type_name: str, identifier: str, text: str
) -> None:
    with pytest.raises(RefusedError, match=text):
        terraform.import_(type_name, identifier)


# --- route tables ---


def test_a_table_is_tagged_in_the_create_call_and_again_afterwards(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    values = {"vpc_id": network.id_of("vpc"), "route_table_name": "other", "tags": {"a": "1"}}
    table = terraform.create("alicloud_route_table", **values)
    assert watched.actions() == ["CreateRouteTable", "DescribeRouteTableList", "TagResources", "DescribeRouteTableList"]
    assert watched.changing() == [
        (
            "CreateRouteTable",
            {"VpcId": values["vpc_id"], "RouteTableName": "other", "Tag.1.Key": "a", "Tag.1.Value": "1"},
        ),
        (
            "TagResources",
            {"ResourceId.1": table["id"], "ResourceType": "ROUTETABLE", "Tag.1.Key": "a", "Tag.1.Value": "1"},
        ),
    ]


def test_what_the_cloud_decides_about_a_table_is_read(network: Network) -> None:
    state = network.parts["table"][2]
    assert {name: state[name] for name in ("associate_type", "name", "route_propagation_enable", "status")} == {
        "associate_type": "VSwitch",
        "name": "C-rt",
        "route_propagation_enable": True,
        "status": "Available",
    }


def test_only_what_has_changed_about_a_table_is_sent(network: Network, watched: WatchedCloud) -> None:
    after = network.update("table", description="other", route_propagation_enable=False)
    assert (after["description"], after["route_propagation_enable"]) == ("other", False)
    assert watched.changing() == [
        (
            "ModifyRouteTableAttributes",
            {"RouteTableId": after["id"], "Description": "other", "RoutePropagationEnable": "false"},
        )
    ]


def test_a_new_table_is_told_not_to_propagate_in_a_second_call(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    values = {"vpc_id": network.id_of("vpc"), "route_propagation_enable": False}
    assert terraform.create("alicloud_route_table", **values)["route_propagation_enable"] is False
    assert [action for action, _params in watched.changing()] == ["CreateRouteTable", "ModifyRouteTableAttributes"]


def test_a_failed_update_of_a_table_takes_everything_for_done(network: Network, watched: WatchedCloud) -> None:
    """The real provider does not put the SDK into partial mode there."""
    watched.refusals["ModifyRouteTableAttributes"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        network.update("table", description="other")
    assert caught.value.state["description"] == "other"


def test_a_table_that_could_not_be_tagged_is_not_lost(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    watched.refusals["TagResources"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        terraform.create("alicloud_route_table", vpc_id=network.id_of("vpc"), tags={"a": "1"})
    terraform.destroy("alicloud_route_table", caught.value.state)
    assert watched.cloud.counts()["route_table"] == 1


def test_a_table_renamed_elsewhere_is_renamed_back(network: Network, terraform: Terraform) -> None:
    type_name, values, state = network.parts["table"]
    network.behind_its_back("ModifyRouteTableAttributes", RouteTableId=state["id"], RouteTableName="other")
    current = terraform.read(type_name, state)
    plan = terraform.plan(type_name, values, current)
    assert (current["route_table_name"], plan.after["route_table_name"], plan.replaced) == ("other", "C-rt", [])


@pytest.mark.parametrize("change", [{"vpc_id": "vpc-other"}, {"associate_type": "Gateway"}])
def test_another_vpc_or_use_replaces_a_table(network: Network, terraform: Terraform, change: dict[str, str]) -> None:
    type_name, values, state = network.parts["table"]
    assert terraform.plan(type_name, {**values, **change}, state).replaced == [list(change)]


def test_a_table_is_deleted_once_its_routes_are_gone(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    table = terraform.create("alicloud_route_table", vpc_id=network.id_of("vpc"))
    watched.refusals["DeleteRouteTable"] = [refusal("DependencyViolation.RouteEntry")] * 2
    terraform.destroy("alicloud_route_table", table)
    assert len(watched.sent("DeleteRouteTable")) == 3


def test_a_table_that_is_used_is_not_deleted(network: Network, terraform: Terraform, watched: WatchedCloud) -> None:
    network.remove_routes()
    type_name, _values, state = network.parts["table"]
    with pytest.raises(RefusedError, match=r"Code: DependencyViolation\.VSwitch") as caught:
        terraform.destroy(type_name, state)
    assert (caught.value.state, len(watched.sent("DeleteRouteTable"))) == (state, 1)


def test_a_table_that_is_gone_needs_no_deletion(network: Network, terraform: Terraform, watched: WatchedCloud) -> None:
    table = terraform.create("alicloud_route_table", vpc_id=network.id_of("vpc"))
    network.behind_its_back("DeleteRouteTable", RouteTableId=table["id"])
    watched.calls.clear()
    terraform.destroy("alicloud_route_table", table)
    assert watched.actions() == ["DeleteRouteTable"]
    assert terraform.read("alicloud_route_table", table) is None


# --- who uses a table ---


def test_an_attachment_waits_until_the_table_shows_it(network: Network, watched: WatchedCloud) -> None:
    type_name, values, state = network.parts["attachment"]
    network.terraform.destroy(type_name, state)
    assert watched.actions() == ["UnassociateRouteTable", "DescribeRouteTableList"]
    watched.calls.clear()
    again = network.terraform.create(type_name, **values)
    assert watched.actions() == ["AssociateRouteTable", "DescribeRouteTableList"]
    assert again == {**values, "id": ":".join(values.values()), "status": "Available", "timeouts": None}


def test_a_repeated_attachment_carries_another_token(network: Network, watched: WatchedCloud) -> None:
    type_name, values, state = network.parts["attachment"]
    network.terraform.destroy(type_name, state)
    watched.refusals["AssociateRouteTable"] = [refusal("IncorrectVSwitchStatus"), refusal("Throttling.User")]
    network.terraform.create(type_name, **values)
    assert len({params["ClientToken"] for params in watched.sent("AssociateRouteTable")}) == 3


def test_an_attachment_to_another_table_replaces_it(network: Network, terraform: Terraform) -> None:
    type_name, values, state = network.parts["attachment"]
    plan = terraform.plan(type_name, {**values, "route_table_id": "vtb-other"}, state)
    assert plan.replaced == [["route_table_id"]]


def test_a_vswitch_is_not_attached_twice(network: Network, terraform: Terraform) -> None:
    other = terraform.create("alicloud_route_table", vpc_id=network.id_of("vpc"))
    type_name, values, _state = network.parts["attachment"]
    with pytest.raises(RefusedError) as caught:
        terraform.create(type_name, **{**values, "route_table_id": other["id"]})
    assert "Resource alicloud_route_table_attachment AssociateRouteTable Failed!!!" in caught.value.summary
    assert "Code: OperationDenied.VSwitchAssociated" in caught.value.summary
    assert caught.value.state is None


def test_an_attachment_undone_elsewhere_is_gone(network: Network, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = network.parts["attachment"]
    named = {"RouteTableId": values["route_table_id"], "VSwitchId": values["vswitch_id"]}
    network.behind_its_back("UnassociateRouteTable", **named)
    assert terraform.read(type_name, state) is None
    watched.calls.clear()
    terraform.destroy(type_name, state)
    assert watched.actions() == ["UnassociateRouteTable"]


# --- routes ---


def test_a_route_is_added_when_the_others_have_settled(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    values = routed(network, 1)
    terraform.create("alicloud_route_entry", **values)
    assert watched.actions() == ["DescribeRouteTables", "CreateRouteEntry", "DescribeRouteTables"]
    assert watched.changing() == [
        (
            "CreateRouteEntry",
            {
                "RouteTableId": values["route_table_id"],
                "DestinationCidrBlock": "192.168.1.0/24",
                "NextHopType": "NatGateway",
                "NextHopId": values["nexthop_id"],
                "RouteEntryName": "internet",
                "Description": "to the internet",
            },
        )
    ]


def test_a_routes_id_says_what_the_route_says(network: Network) -> None:
    state = network.parts["ipv6 route"][2]
    assert state["id"] == f"{state['route_table_id']}:{state['router_id']}:__/0:Ipv6Gateway:{state['nexthop_id']}"
    assert state["router_id"] == network.parts["vpc"][2]["router_id"]


@pytest.mark.parametrize(
    "name", ["route_table_id", "destination_cidrblock", "nexthop_type", "nexthop_id", "name", "description"]
)
def test_every_change_replaces_a_route(network: Network, terraform: Terraform, name: str) -> None:
    type_name, values, state = network.parts["route"]
    assert terraform.plan(type_name, {**values, name: "other"}, state).replaced == [[name]]


def test_a_repeated_route_carries_the_same_token_and_looks_at_the_others_again(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    watched.refusals["CreateRouteEntry"] = [refusal("TaskConflict"), refusal("Throttling.User")]
    terraform.create("alicloud_route_entry", **routed(network, 1))
    assert len({params["ClientToken"] for params in watched.sent("CreateRouteEntry")}) == 1
    assert watched.actions() == ["DescribeRouteTables", "CreateRouteEntry"] * 3 + ["DescribeRouteTables"]


def test_a_route_whose_answer_was_lost_is_not_added_twice(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    watched.cloud.faults.add(Fault("CreateRouteEntry", "lost-answer", times=1))
    terraform.create("alicloud_route_entry", **routed(network, 1))
    assert watched.cloud.counts()["route_entry"] == 3


def test_routes_are_added_and_removed_one_at_a_time(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    """The cloud refuses a second one with TaskConflict while one is being added."""
    watched.cloud.faults.add(Fault("CreateRouteEntry", "slow-state", delay_ms=30))

    def add(number: int) -> dict[str, Any]:
        return terraform.create("alicloud_route_entry", **routed(network, number))

    with ThreadPoolExecutor(5) as pool:
        states = list(pool.map(add, range(5)))
        assert len(watched.sent("CreateRouteEntry")) == 5
        list(pool.map(lambda state: terraform.destroy("alicloud_route_entry", state), states))
    assert watched.cloud.counts()["route_entry"] == 2


def test_a_route_that_is_there_already_has_to_be_imported(network: Network, terraform: Terraform) -> None:
    type_name, values, state = network.parts["route"]
    with pytest.raises(RefusedError) as caught:
        terraform.create(type_name, **values)
    assert caught.value.summary == (
        "\x1b[31m[ERROR]\x1b[0m terraform-provider-alicloud/alicloud/resource_alicloud_route_entry.go:1:\n"
        f"The route entry {state['id']} already exists on the cloud, but it was not created by this apply (a duplicate "
        "error means another request - such as a prior apply, the console, or another tool - created it). Please "
        f"import it using ID '{state['id']}' or specify a new 'destination_cidrblock' and try again."
    )
    assert caught.value.state is None


def test_a_refused_route_reads_like_the_real_providers(network: Network, terraform: Terraform) -> None:
    with pytest.raises(RefusedError) as caught:
        terraform.create("alicloud_route_entry", **{**routed(network, 1), "nexthop_id": "ngw-other"})
    assert caught.value.summary.startswith(
        "\x1b[31m[ERROR]\x1b[0m terraform-provider-alicloud/alicloud/resource_alicloud_route_entry.go:1: "
        "Resource alicloud_route_entry CreateRouteEntry Failed!!! [SDK alibaba-cloud-sdk-go ERROR]:\n"
        "SDK.ServerError\nErrorCode: InvalidNextHopId.NotFound\n"
    )


def test_a_route_in_a_missing_table_is_not_attempted(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    with pytest.raises(RefusedError, match="The specified RouteTable vtb-1 is not found"):
        terraform.create("alicloud_route_entry", **{**routed(network, 1), "route_table_id": "vtb-1"})
    assert watched.changing() == []


def test_a_table_that_may_not_be_read_is_reported_as_the_cloud_said(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    """The real provider does not say what failed there."""
    watched.refusals["DescribeRouteTables"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        terraform.create("alicloud_route_entry", **routed(network, 1))
    assert caught.value.summary.splitlines()[:3] == [
        "\x1b[31m[ERROR]\x1b[0m terraform-provider-alicloud/alicloud/resource_alicloud_route_entry.go:1:",
        "SDK.ServerError",
        "ErrorCode: Forbidden.RAM",
    ]


def test_a_removed_route_is_named_by_what_it_says(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, values, state = network.parts["ipv6 route"]
    terraform.destroy(type_name, state)
    named = {"RouteTableId": values["route_table_id"], "DestinationCidrBlock": "::/0", "NextHopId": state["nexthop_id"]}
    assert watched.changing() == [("DeleteRouteEntry", named)]
    assert watched.actions() == ["DescribeRouteTables", "DeleteRouteEntry", "DescribeRouteTables"]


def test_a_route_removed_elsewhere_is_gone(network: Network, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = network.parts["route"]
    named = {"RouteTableId": values["route_table_id"], "NextHopId": values["nexthop_id"]}
    network.behind_its_back("DeleteRouteEntry", DestinationCidrBlock="0.0.0.0/0", **named)
    assert terraform.read(type_name, state) is None
    watched.calls.clear()
    terraform.destroy(type_name, state)
    assert watched.actions() == ["DescribeRouteTables", "DeleteRouteEntry"]


def test_a_route_in_a_table_that_is_gone_cannot_be_removed(network: Network, terraform: Terraform) -> None:
    """Terraform forgets it when it reads it; the real provider's destroy alone does not."""
    type_name, _values, state = network.parts["route"]
    lost = {**state, "id": state["id"].replace(state["route_table_id"], "vtb-1")}
    assert terraform.read(type_name, lost) is None
    with pytest.raises(RefusedError, match="The specified RouteTable vtb-1 is not found"):
        terraform.destroy(type_name, lost)
