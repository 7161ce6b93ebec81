"""What `find_resources` finds in a simulated cloud, over HTTP with the official client."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provisioner.errors import CloudError
from provisioner.sandbox.cloud.faults import Fault
from provisioner.translate.resource_types import RESOURCE_TYPES
from tests.unit.cloud.conftest import CLUSTER, TAGGED, SimulatedAccount


def ids(inventory, type):
    return [resource.id for resource in inventory.of(type)]


def only(inventory, type):
    (resource,) = inventory.of(type)
    return resource


def a_rule(simulated, group_id, ports="1/22", cidr="10.250.0.0/16", **parameters):
    given = {"IpProtocol": "tcp", "PortRange": ports, "SourceCidrIp": cidr, "NicType": "intranet", **parameters}
    simulated.account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **given)


def test_empty_cloud_holds_nothing(simulated: SimulatedAccount):
    assert list(simulated.look()) == []


def test_whole_network_of_a_tagged_vpc_is_found(simulated: SimulatedAccount):
    vpc_id, vswitch_id, gateway_id, eip_id, group_id = simulated.a_network()
    a_rule(simulated, group_id)
    found = [(resource.type, resource.id) for resource in simulated.look() if resource.type != "alicloud_snat_entry"]
    assert found == [
        ("alicloud_vpc", vpc_id),
        ("alicloud_vswitch", vswitch_id),
        ("alicloud_nat_gateway", gateway_id),
        ("alicloud_security_group", group_id),
        ("alicloud_security_group_rule", f"{group_id}:ingress:tcp:1/22:intranet:10.250.0.0/16:accept:1"),
        ("alicloud_eip_address", eip_id),
        ("alicloud_eip_association", f"{eip_id}:{gateway_id}"),
    ]


def test_vpc_tells_name_tags_time_and_range(simulated: SimulatedAccount):
    simulated.a_network()
    vpc = only(simulated.look(), "alicloud_vpc")
    assert (vpc.name, vpc.tags, vpc.facts["cidr"]) == ("shoot--foo--bar-vpc", {CLUSTER: "1"}, "10.250.0.0/16")
    assert vpc.created is not None
    assert abs((vpc.created - datetime.fromtimestamp(1_790_000_000, UTC)).total_seconds()) < 60


def test_untagged_vpc_is_not_found_by_its_name(simulated: SimulatedAccount):
    simulated.account.a_vpc(VpcName="shoot--foo--bar-vpc")
    assert len(simulated.look()) == 0


def test_untagged_vpc_is_found_by_its_id(simulated: SimulatedAccount):
    vpc_id = simulated.account.a_vpc()
    assert ids(simulated.look(vpc_id), "alicloud_vpc") == [vpc_id]


def test_known_vpc_that_carries_the_tag_is_found_once(simulated: SimulatedAccount):
    vpc_id = simulated.a_network()[0]
    assert ids(simulated.look(vpc_id, vpc_id), "alicloud_vpc") == [vpc_id]


def test_known_vpc_that_is_gone_is_not_found(simulated: SimulatedAccount):
    assert len(simulated.look("vpc-gone")) == 0


def test_description_is_told_of_what_is_tagged_after_its_creation(simulated: SimulatedAccount):
    vpc_id, vswitch_id, gateway_id, eip_id, _ = simulated.a_network()
    vpc = simulated.account.vpc
    vpc("ModifyVSwitchAttribute", VSwitchId=vswitch_id, Description="a vSwitch")
    vpc("ModifyNatGatewayAttribute", NatGatewayId=gateway_id, Description="a gateway")
    vpc("ModifyEipAddressAttribute", AllocationId=eip_id, Description="an address")
    vpc("ModifyVpcAttribute", VpcId=vpc_id, EnableIPv6="true")
    simulated.account.settle()
    vpc("CreateIpv6Gateway", VpcId=vpc_id, Description="an IPv6 gateway")
    later = [row.type for row in RESOURCE_TYPES.values() if row.tagged == "later"]
    found = {it.type: it.description for it in simulated.look() if it.type in later}
    assert found == {
        "alicloud_vswitch": "a vSwitch",
        "alicloud_nat_gateway": "a gateway",
        "alicloud_eip_address": "an address",
        "alicloud_vpc_ipv6_gateway": "an IPv6 gateway",
    }


def test_vswitch_tells_its_vpc_and_zone(simulated: SimulatedAccount):
    vpc_id = simulated.a_network()[0]
    vswitch = only(simulated.look(), "alicloud_vswitch")
    assert (vswitch.parent, vswitch.zone, vswitch.tags) == (vpc_id, "eu-central-1a", {})


@pytest.mark.parametrize(
    ("type", "product", "kind"),
    [
        ("alicloud_vswitch", "vpc", "VSWITCH"),
        ("alicloud_nat_gateway", "vpc", "NATGATEWAY"),
        ("alicloud_eip_address", "vpc", "EIP"),
        ("alicloud_security_group", "ecs", "securitygroup"),
    ],
)
def test_tags_are_told_whichever_way_the_service_tells_them(simulated: SimulatedAccount, type, product, kind):
    simulated.a_network()
    resource = only(simulated.look(), type)
    tagging = {"ResourceType": kind, "ResourceId__1": resource.id, "Tag__1__Key": "a", "Tag__1__Value": "b"}
    getattr(simulated.account, product)("TagResources", **tagging)
    assert only(simulated.look(), type).tags == {"a": "b"}


def test_snat_entry_tells_gateway_source_and_name(simulated: SimulatedAccount):
    _, vswitch_id, gateway_id, _, _ = simulated.a_network()
    entry = only(simulated.look(), "alicloud_snat_entry")
    assert (entry.parent, entry.attributes["source_vswitch_id"], entry.name) == (
        gateway_id,
        vswitch_id,
        "shoot--foo--bar-snat-z0",
    )
    assert entry.id.startswith(f"{entry.attributes['snat_table_id']}:snat-")


def test_users_snat_entry_for_a_range_has_no_source_vswitch(simulated: SimulatedAccount):
    vpc_id = simulated.account.a_vpc(**TAGGED)
    gateway_id, table_id = simulated.account.a_nat_gateway(vpc_id, simulated.account.a_vswitch(vpc_id))
    _, address = simulated.account.an_eip(bound_to=gateway_id)
    simulated.account.vpc("CreateSnatEntry", SnatTableId=table_id, SourceCIDR="10.250.99.0/24", SnatIp=address)
    assert only(simulated.look(), "alicloud_snat_entry").attributes["source_vswitch_id"] == ""


def test_rule_tells_its_attributes_and_the_range_of_its_vpc(simulated: SimulatedAccount):
    group_id = simulated.a_network()[4]
    a_rule(simulated, group_id)
    rule = only(simulated.look(), "alicloud_security_group_rule")
    assert rule.facts == {"vpc_cidr": "10.250.0.0/16"}
    assert rule.attributes == {
        "type": "ingress",
        "ip_protocol": "tcp",
        "port_range": "1/22",
        "cidr_ip": "10.250.0.0/16",
        "nic_type": "intranet",
        "policy": "accept",
        "priority": 1,
        "security_group_id": group_id,
    }


def test_rule_for_another_group_is_left_out(simulated: SimulatedAccount):
    vpc_id, *_, group_id = simulated.a_network()
    peer = simulated.account.a_security_group(vpc_id)
    simulated.account.ecs(
        "AuthorizeSecurityGroup",
        SecurityGroupId=group_id,
        IpProtocol="tcp",
        PortRange="1/22",
        SourceGroupId=peer,
        NicType="intranet",
    )
    assert simulated.look().of("alicloud_security_group_rule") == []


def test_eip_that_is_neither_tagged_nor_named_nor_bound_is_foreign(simulated: SimulatedAccount):
    simulated.account.an_eip()
    assert len(simulated.look()) == 0


@pytest.mark.parametrize("parameters", [{"Name": "shoot--foo--bar-eip-natgw-z0"}, TAGGED])
def test_unbound_eip_is_found_by_name_or_tag(simulated: SimulatedAccount, parameters):
    eip_id = simulated.account.vpc("AllocateEipAddress", InternetChargeType="PayByTraffic")["AllocationId"]
    if "Name" in parameters:
        simulated.account.vpc("ModifyEipAddressAttribute", AllocationId=eip_id, **parameters)
    else:
        simulated.account.vpc("TagResources", ResourceType="EIP", ResourceId__1=eip_id, **parameters)
    assert ids(simulated.look(), "alicloud_eip_address") == [eip_id]


def test_key_pairs_are_found_by_their_tag(simulated: SimulatedAccount):
    simulated.a_key_pair("mine", **TAGGED)
    simulated.a_key_pair("other")
    simulated.a_key_pair("similar", Tag__1__Key=f"{CLUSTER}-2", Tag__1__Value="1")
    assert [(it.id, it.tags) for it in simulated.look().of("alicloud_ecs_key_pair")] == [("mine", {CLUSTER: "1"})]


def test_scaling_group_is_found_by_the_name_alone(simulated: SimulatedAccount):
    """A Worker may come without its infrastructure."""
    vpc_id = simulated.account.a_vpc()
    vswitch_id = simulated.account.a_vswitch(vpc_id)
    group_id = simulated.account.a_scaling_group(vswitch_id, "shoot--foo--bar-general-eu-central-1a")
    group = only(simulated.look(), "alicloud_ess_scaling_group")
    assert (group.id, group.parent, group.facts) == (
        group_id,
        vpc_id,
        {"vswitch_id": vswitch_id, "is_enabled": False},
    )


def test_every_configuration_of_a_group_is_found_and_the_active_one_told(simulated: SimulatedAccount):
    _, vswitch_id, *_, security_group_id = simulated.a_network()
    group_id = simulated.account.a_scaling_group(vswitch_id, "users-own-name")
    made = [simulated.account.a_configuration(group_id, security_group_id) for _ in range(2)]
    simulated.account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=made[1])
    found = simulated.look().of("alicloud_ess_scaling_configuration")
    assert {(it.id, it.parent, it.facts["is_active"]) for it in found} == {
        (made[0], group_id, False),
        (made[1], group_id, True),
    }


def test_tags_of_scaling_groups_are_told(simulated: SimulatedAccount):
    vswitch_id = simulated.a_network()[1]
    group_id = simulated.account.a_scaling_group(vswitch_id)
    simulated.account.ess(
        "TagResources", ResourceType="scalinggroup", ResourceId__1=group_id, Tag__1__Key="a", Tag__1__Value="b"
    )
    assert only(simulated.look(), "alicloud_ess_scaling_group").tags == {"a": "b"}


def test_shoot_whose_technical_id_only_begins_alike_is_not_found_by_tag(simulated: SimulatedAccount):
    simulated.account.a_vpc(Tag__1__Key=f"{CLUSTER}-2", Tag__1__Value="1")
    assert len(simulated.look()) == 0


def test_more_vswitches_than_a_page_holds_are_all_found(simulated: SimulatedAccount):
    vpc_id = simulated.account.a_vpc(**TAGGED)
    made = [simulated.account.a_vswitch(vpc_id, f"10.250.{number}.0/24") for number in range(53)]
    assert sorted(ids(simulated.look(), "alicloud_vswitch")) == sorted(made)


def test_more_scaling_groups_than_a_page_or_a_tag_call_holds_are_all_found(simulated: SimulatedAccount):
    vswitch_id = simulated.a_network()[1]
    simulated.cloud.set_quota("scaling_group", 60)
    made = [simulated.account.a_scaling_group(vswitch_id, f"group-{number}") for number in range(52)]
    for group_id in (made[0], made[51]):
        simulated.account.ess(
            "TagResources", ResourceType="scalinggroup", ResourceId__1=group_id, Tag__1__Key="a", Tag__1__Value="b"
        )
    found = simulated.look().of("alicloud_ess_scaling_group")
    assert sorted(group.id for group in found) == sorted(made)
    assert {group.id for group in found if group.tags} == {made[0], made[51]}


def test_exactly_one_full_page_ends_the_paging(simulated: SimulatedAccount):
    vpc_id = simulated.account.a_vpc(**TAGGED)
    for number in range(50):
        simulated.account.a_vswitch(vpc_id, f"10.250.{number}.0/24")
    assert len(simulated.look().of("alicloud_vswitch")) == 50


def test_throttled_calls_are_repeated(simulated: SimulatedAccount):
    simulated.a_network()
    simulated.cloud.faults.add(Fault("Describe*", "throttling", times=5))
    assert len(simulated.look()) == 7
    assert len(simulated.waits) == 5


@pytest.mark.parametrize("kind", ["unavailable", "internal-error", "reset"])
def test_calls_that_fail_for_the_moment_are_repeated(simulated: SimulatedAccount, kind):
    simulated.a_network()
    simulated.cloud.faults.add(Fault("DescribeVSwitches", kind, times=2))
    assert len(simulated.look().of("alicloud_vswitch")) == 1


def test_throttling_without_end_is_told_after_twelve_tries(simulated: SimulatedAccount):
    simulated.cloud.faults.add(Fault("DescribeVpcs", "throttling"))
    with pytest.raises(CloudError) as caught:
        simulated.look()
    assert "ERR_INFRA_RATE_LIMITS_EXCEEDED" in caught.value.codes
    assert len(simulated.waits) == 11


def test_refusal_is_told_at_once_with_the_clouds_code_and_request_id(simulated: SimulatedAccount):
    simulated.a_network()
    simulated.cloud.faults.add(Fault("DescribeNatGateways", "forbidden"))
    with pytest.raises(CloudError, match=r"^DescribeNatGateways: Forbidden\.RAM: .* \(request id \S+\)") as caught:
        simulated.look()
    assert (caught.value.cloud_code, caught.value.is_retryable, simulated.waits) == ("Forbidden.RAM", False, [])


def test_wrong_secret_is_told_without_the_secret(simulated: SimulatedAccount):
    client = simulated.client_with(simulated.url, "LTAIone", "wrong-secret")
    with pytest.raises(CloudError) as caught:
        client.require_credentials()
    assert caught.value.cloud_code == "SignatureDoesNotMatch"
    assert "wrong-secret" not in str(caught.value)


def test_cloud_that_does_not_answer_is_told_without_the_signed_address(simulated: SimulatedAccount):
    client = simulated.client_with("http://127.0.0.1:9", "LTAIone", "secret-one")
    with pytest.raises(CloudError, match="no answer from the cloud") as caught:
        client.require_credentials()
    assert caught.value.is_retryable
    assert "Signature" not in str(caught.value)


def test_look_at_one_shoot_takes_a_dozen_calls(simulated: SimulatedAccount):
    simulated.a_network()
    before = len(simulated.asked())
    simulated.look()
    assert sorted(simulated.asked()[before:]) == [
        "DescribeEipAddresses",
        "DescribeIpv6Gateways",
        "DescribeKeyPairs",
        "DescribeNatGateways",
        "DescribeRouteTableList",
        "DescribeScalingGroups",
        "DescribeSecurityGroupAttribute",
        "DescribeSecurityGroups",
        "DescribeSnatTableEntries",
        "DescribeVSwitches",
        "DescribeVpcs",
        "ListTagResources",
    ]
