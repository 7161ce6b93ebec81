"""
What an imitation of Alibaba Cloud gets wrong first, worst first: the sandbox's HTTP door held against what the
unmodified aliyun/alicloud provider relies on without saying so.

One section for each point. Every answer passes through `Door`, which also holds it against what goes for all of them.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.sandbox import actions
from provisioner.sandbox.actions.table import TABLE
from provisioner.sandbox.cloud import Cloud
from provisioner.sandbox.wire import Server, serve_cloud
from tests.contract.door import ACCESS_KEY_ID, BSS, ECS, ESS, RAM, REGION, SECRET, STS, VPC, Door, Shown
from tests.contract.network import IMAGE, PUBLIC_KEY, READS, ZONE, Network, look

QUICK_SECONDS = 0.2


@contextmanager
def open_cloud(directory: Path) -> Iterator[Cloud]:
    """Open a cloud as it is without any settings."""
    opened = Cloud.open(directory, environment={})
    opened.enroll(ACCESS_KEY_ID, SECRET)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def open_door(directory: Path) -> Iterator[Door]:
    """Open the door of a new cloud."""
    with open_cloud(directory / "cloud") as opened, serve_cloud(opened) as running, Door(running) as door:
        yield door


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path / "cloud") as opened:
        yield opened


@pytest.fixture
def server(cloud: Cloud) -> Iterator[Server]:
    with serve_cloud(cloud) as running:
        yield running


@pytest.fixture
def door(server: Server) -> Iterator[Door]:
    with Door(server) as opened:
        yield opened


@pytest.fixture
def network(door: Door) -> Network:
    return Network(door)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Return a network that is only looked at."""
    with open_door(tmp_path_factory.mktemp("shared")) as door:
        yield Network(door)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Network, Network]]:
    """Return two networks of one account in one region, only to be looked at."""
    with open_door(tmp_path_factory.mktemp("pair")) as door:
        yield Network(door), Network(door, 1)


@pytest.fixture
def fleet(network: Network) -> Network:
    """Return a network whose scaling group runs its machines."""
    group = {"ScalingGroupId": network.ids["scaling group"]}
    target = {"ScalingConfigurationId": network.ids["scaling configuration"]}
    network.door.ok(ESS, "ModifyScalingConfiguration", **target, KeyPairName=network.ids["key pair"])
    active = {"ActiveScalingConfigurationId": network.ids["scaling configuration"]}
    network.door.ok(ESS, "EnableScalingGroup", **group, **active)
    return network


# 1. Rules of security groups are changed and removed by GET over TLS, whatever the provider is told.


def test_a_rule_is_changed_and_revoked_by_get_over_tls_on_the_same_port(network: Network) -> None:
    secured: dict[str, Any] = {"method": "GET", "tls": True, "SecurityGroupId": network.ids["security group"]}
    network.door.ok(ECS, "ModifySecurityGroupRule", **secured, **network.rule, Description="for me")
    assert (network.read("rule") or {})["Description"] == "for me"
    network.door.ok(ECS, "RevokeSecurityGroup", **secured, **network.rule)
    assert network.read("rule") is None


# 2. A container that is missing is no error but a panic, which ends the whole provider.

CONTAINERS = {
    "vpc": "Tags.Tag SecondaryCidrBlocks.SecondaryCidrBlock UserCidrs.UserCidr Ipv6CidrBlocks.Ipv6CidrBlock",
    "vpc row": "Tags.Tag SecondaryCidrBlocks.SecondaryCidrBlock UserCidrs.UserCidr VSwitchIds.VSwitchId",
    "system route table": "VSwitchIds.VSwitchId",
    "vswitch": "Tags.Tag",
    "vswitch row": "Tags.Tag RouteTable",
    "nat gateway": "ForwardTableIds.ForwardTableId SnatTableIds.SnatTableId NatGatewayPrivateInfo IpLists.IpList",
    "eip": "Tags.Tag AvailableRegions.AvailableRegion OperationLocks.LockReason "
    "SecurityProtectionTypes.SecurityProtectionType",
    "security group": "Tags.Tag",
    "key pair": "Tags.Tag",
    "scaling group": "RemovalPolicies.RemovalPolicy DBInstanceIds.DBInstanceId LoadBalancerIds.LoadBalancerId "
    "VSwitchIds.VSwitchId",
    "route table": "VSwitchIds.VSwitchId Tags.Tag",
    "routes": "RouteEntrys.RouteEntry VSwitchIds.VSwitchId",
    "ipv6 gateway": "Tags.Tag",
    "launch template": "Tags.Tag",
    "launch template version": "LaunchTemplateData LaunchTemplateData.DataDisks.DataDisk "
    "LaunchTemplateData.NetworkInterfaces.NetworkInterface LaunchTemplateData.Tags.InstanceTag",
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_new_object_shows_every_container(shared: Network, kind: str) -> None:
    found = {path: look(shared.fresh[kind], path) for path in CONTAINERS[kind].split()}
    assert {path for path, value in found.items() if not isinstance(value, dict | list)} == set()


@pytest.mark.parametrize(
    ("kind", "name"), [("nat gateway", "InstanceChargeType"), ("scaling configuration", "LifecycleState")]
)
def test_a_new_object_shows_the_texts_that_are_asserted_to_be_texts(shared: Network, kind: str, name: str) -> None:
    assert isinstance((shared.fresh[kind] or {})[name], str)


SEVERAL = ("system route table",)
"""Kinds of which a VPC has more than the one that is meant."""
EMPTY_LISTS = {
    kind: (version, action, ids, path)
    for kind, (version, action, ids, path) in READS.items()
    if path.endswith(".0") and kind not in ("rule", "binding", "snat entry", "launch template version")
}


@pytest.mark.parametrize("kind", EMPTY_LISTS)
def test_a_list_without_anything_in_it_is_a_list(door: Door, kind: str) -> None:
    version, action, _, path = EMPTY_LISTS[kind]
    assert look(door.ok(version, action), path.removesuffix(".0")) == []


# 3. What was written can be read at once: where the provider does not wait, a miss after a create is an error.


@pytest.mark.parametrize("kind", READS)
def test_a_new_object_is_found_at_once(shared: Network, kind: str) -> None:
    assert shared.fresh[kind] is not None


def test_a_binding_shows_what_it_is_bound_to_at_once(shared: Network) -> None:
    assert (shared.fresh["binding"] or {})["InstanceId"] == shared.ids["nat gateway"]


def test_a_new_vpc_has_a_route_table_that_says_it_is_the_systems(shared: Network) -> None:
    shown = shared.fresh["system route table"] or {}
    assert (shown["RouteTableType"], shown["VpcId"]) == ("System", shared.ids["vpc"])


def test_a_route_table_shows_its_vswitch_and_its_route_at_once(shared: Network) -> None:
    table, routes = shared.fresh["routes"] or {}, look(shared.fresh["routes"], "RouteEntrys.RouteEntry")
    assert look(table, "VSwitchIds.VSwitchId") == [shared.ids["vswitch"]]
    assert shared.ids["nat gateway"] in {route["InstanceId"] for route in routes}


def test_a_secondary_range_is_shown_at_once(network: Network) -> None:
    network.door.ok(VPC, "AssociateVpcCidrBlock", VpcId=network.ids["vpc"], SecondaryCidrBlock="192.168.0.0/16")
    assert look(network.read("vpc row"), "SecondaryCidrBlocks.SecondaryCidrBlock") == ["192.168.0.0/16"]


# 4. What is missing is 404 with the code that the provider knows for it. Nothing is ever an error without a code.

MISSING = [
    (VPC, "DescribeVpcAttribute", {"VpcId": "vpc-1"}, "InvalidVpcId.NotFound"),
    (VPC, "DeleteVpc", {"VpcId": "vpc-1"}, "InvalidVpcId.NotFound"),
    (VPC, "DescribeVSwitchAttributes", {"VSwitchId": "vsw-1"}, "InvalidVswitchID.NotFound"),
    (VPC, "DeleteVSwitch", {"VSwitchId": "vsw-1"}, "InvalidVswitchID.NotFound"),
    (VPC, "DeleteNatGateway", {"NatGatewayId": "ngw-1"}, "InvalidNatGatewayId.NotFound"),
    (VPC, "ReleaseEipAddress", {"AllocationId": "eip-1"}, "InvalidAllocationId.NotFound"),
    (VPC, "UnassociateEipAddress", {"AllocationId": "eip-1"}, "InvalidAllocationId.NotFound"),
    (VPC, "DescribeSnatTableEntries", {"SnatTableId": "stb-1"}, "InvalidSnatTableId.NotFound"),
    (VPC, "DeleteSnatEntry", {"SnatTableId": "stb-1", "SnatEntryId": "snat-1"}, "InvalidSnatTableId.NotFound"),
    (VPC, "DescribeIpv6GatewayAttribute", {"Ipv6GatewayId": "ipv6gw-1"}, "InvalidIpv6GatewayId.NotFound"),
    (VPC, "DeleteIpv6Gateway", {"Ipv6GatewayId": "ipv6gw-1"}, "InvalidIpv6GatewayId.NotFound"),
    (ECS, "DeleteLaunchTemplate", {"LaunchTemplateId": "lt-1"}, "InvalidLaunchTemplate.NotFound"),
    (ECS, "DescribeLaunchTemplateVersions", {"LaunchTemplateId": "lt-1"}, "InvalidLaunchTemplate.NotFound"),
    (ECS, "DescribeImageSharePermission", {"ImageId": "m-1"}, "InvalidImageId.NotFound"),
    (RAM, "GetRole", {"RoleName": "nobody"}, "EntityNotExist.Role"),
    (RAM, "DeleteRole", {"RoleName": "nobody"}, "EntityNotExist.Role"),
    (ESS, "DeleteScalingRule", {"ScalingRuleId": "asr-1"}, "InvalidScalingRuleId.NotFound"),
    (ECS, "DescribeSecurityGroupAttribute", {"SecurityGroupId": "sg-1"}, "InvalidSecurityGroupId.NotFound"),
    (ECS, "DeleteSecurityGroup", {"SecurityGroupId": "sg-1"}, "InvalidSecurityGroupId.NotFound"),
    (ECS, "RevokeSecurityGroup", {"SecurityGroupId": "sg-1"}, "InvalidSecurityGroupId.NotFound"),
    (ESS, "ModifyScalingGroup", {"ScalingGroupId": "asg-1"}, "InvalidScalingGroupId.NotFound"),
    (ESS, "EnableScalingGroup", {"ScalingGroupId": "asg-1"}, "InvalidScalingGroupId.NotFound"),
    (ESS, "DeleteScalingGroup", {"ScalingGroupId": "asg-1"}, "InvalidScalingGroupId.NotFound"),
    (
        ESS,
        "DeleteScalingConfiguration",
        {"ScalingConfigurationId": "asc-1"},
        "InvalidScalingConfigurationId.NotFound",
    ),
]


@pytest.mark.parametrize(("version", "action", "given", "code"), MISSING, ids=[row[1] for row in MISSING])
def test_what_is_missing_is_404_with_its_own_code(
    door: Door, version: str, action: str, given: dict[str, str], code: str
) -> None:
    assert door.refused(version, action, **given) == (404, code)


def test_an_entry_that_is_missing_in_a_table_that_is_there_has_a_code_of_its_own(network: Network) -> None:
    given = {"SnatTableId": network.ids["snat table"], "SnatEntryId": "snat-1"}
    assert network.door.refused(VPC, "DeleteSnatEntry", **given) == (404, "InvalidSnatEntryId.NotFound")


SIGNED = {"AccessKeyId", "Action", "Format", "Signature", "SignatureMethod", "SignatureNonce", "Timestamp", "Version"}
WORDS = sorted(
    {
        word
        for path in Path(str(actions.__file__)).parent.glob("*.py")
        for word in re.findall(r'"([A-Z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]*)?)"', path.read_text())
        if not re.match("Dependency|Forbidden|Incorrect|Invalid[A-Z]|Missing|Operation|Quota", word)
    }
    - SIGNED
)
"""Every text in the actions that can be the name of a parameter; some are names of other things."""
NONSENSE = ["", "x", "-1", "0", "true", "null", "[]", "{}", "[1]", '{"a":1}', "1.5", "9" * 40, "é\u2028", "::/0", "*"]
NO_REGION = {"RegionId": ""}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Return a network that is called with nonsense until the end of the module."""
    with open_door(tmp_path_factory.mktemp("crowd")) as door:
        yield Network(door)


@pytest.mark.parametrize(("version", "action"), sorted(TABLE))
def test_no_nonsense_is_refused_without_a_code(crowd: Network, version: str, action: str) -> None:
    """`Door` judges every answer."""
    crowd.door.send(version, action)
    crowd.door.send(version, action, **NO_REGION)
    names = [name for word in WORDS if word != "RegionId" for name in (word, f"{word}.1")]
    for turn in range(2):
        given = {name: NONSENSE[(turn + place) % len(NONSENSE)] for place, name in enumerate(names)}
        crowd.door.send(version, action, form=tuple(names), **given)


def sensible(ids: Mapping[str, str]) -> dict[str, str]:
    """Return parameters with which most actions do something."""
    listed = {"VSwitchIds.1": "vswitch", "ScalingGroupId.1": "scaling group", "ResourceId.1": "vpc"}
    listed |= {"ScalingConfigurationId.1": "scaling configuration", "SecurityGroupIds.1": "security group"}
    named = {f"{kind.title().replace(' ', '')}Id": kind for kind in ids}
    named |= {"RoleName": "role", "LaunchTemplateId.1": "launch template", "ScalingRuleId.1": "scaling rule"}
    named |= {"VSwitchId": "vswitch", "AllocationId": "eip", "InstanceId": "nat gateway", "KeyPairName": "key pair"}
    sizes = {"MinSize": "0", "MaxSize": "2", "DesiredCapacity": "1", "PageSize": "10", "PageNumber": "1"}
    tags = {"ResourceType": "VPC", "Tag.1.Key": "a", "Tag.1.Value": "b", "TagKey.1": "a"}
    rule = {"IpProtocol": "tcp", "PortRange": "22/22", "SourceCidrIp": "0.0.0.0/0", "DestCidrIp": "0.0.0.0/0"}
    rule |= {"Policy": "accept", "Priority": "1", "Description": "some text"}
    machine = {"ImageId": IMAGE, "InstanceTypes.1": "ecs.g7.large", "InstanceType": "ecs.g7.large", "Amount": "1"}
    machine |= {"SystemDisk.Category": "cloud_essd", "SystemDisk.Size": "40", "DataDisk.1.Size": "40"}
    other = {"ZoneId": ZONE, "CidrBlock": "10.250.64.0/24", "PublicKeyBody": PUBLIC_KEY, "Bandwidth": "5"}
    return {
        **{name: ids[kind] for name, kind in {**listed, **named}.items()},
        **{**sizes, **tags, **rule, **machine, **other},
    }


@given(data=st.data())
@settings(
    max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
def test_no_sensible_call_with_something_wrong_in_it_is_refused_without_a_code(crowd: Network, data: Any) -> None:
    # Nothing is deleted, so that there is something to go wrong with.
    version, action = data.draw(st.sampled_from([one for one in sorted(TABLE) if not one[1].startswith("Delete")]))
    parameters = sensible(crowd.ids)
    for name in data.draw(st.sets(st.sampled_from(sorted(parameters)), max_size=5)):
        del parameters[name]
    names = st.sampled_from([*WORDS, *parameters]) | st.sampled_from(WORDS).map(lambda word: f"{word}.1")
    parameters |= data.draw(st.dictionaries(names, st.sampled_from(NONSENSE) | st.text(max_size=20), max_size=4))
    crowd.door.send(version, action, form=tuple(parameters), **parameters)


# 5. A scaling group is born inactive; a configuration is made active before the group is enabled.


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


def wait_for(condition: Callable[[], bool]) -> None:
    """Ask until it is so, as the provider does with less patience."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end


# 6. Who calls, and the probe at the provider's start.


def test_the_caller_is_told_everything_that_is_read_of_it(door: Door, cloud: Cloud) -> None:
    account = cloud.caller(ACCESS_KEY_ID).account_id
    shown = door.ok(STS, "GetCallerIdentity")
    assert (shown["AccountId"], shown["IdentityType"]) == (account, "Account")
    assert account in shown["Arn"]
    assert shown["PrincipalId"]


def test_the_probe_for_the_account_type_finds_nothing_and_no_error(door: Door) -> None:
    answer = door.ok(BSS, "QueryAvailableInstances", ProductCode="vipcloudfw", PageSize=50, PageNum=1)
    assert answer["Data"]["InstanceList"] == []


# 7. What was not sent is not invented: it would be a change in every plan, or a replacement.

NOT_SENT = {
    "vpc": "Description VpcName Tags UserCidrs Ipv6CidrBlock ClassicLinkEnabled SecondaryCidrBlocks",
    "system route table": "RouteTableName Description",
    # Its absence reads as "has IPv6", so here the empty text has to be there.
    "vswitch": "Description VSwitchName Tags Ipv6CidrBlock",
    "nat gateway": "Description Name Tags PrivateLinkEnabled",
    "eip": "Description Name Tags PublicIpAddressPoolId SecurityProtectionTypes InstanceId VpcId PrivateIpAddress",
    "binding": "VpcId PrivateIpAddress",
    "snat entry": "SnatEntryName EipAffinity",
    "security group": "Description SecurityGroupName Tags",
    "rule": "Description Ipv6SourceCidrIp SourceGroupId SourceGroupOwnerAccount SourcePrefixListId DestCidrIp "
    "DestGroupId DestGroupOwnerAccount",
    "key pair": "Tags",
    "route table": "RouteTableName Description Tags",
    "ipv6 gateway": "Name Description Tags",
    "launch template": "Tags",
    "launch template version": "VersionDescription LaunchTemplateData",
    "role": "Description",
    "scaling rule": "Cooldown MinAdjustmentMagnitude TargetValue MetricName DisableScaleIn",
    "scaling group": "DesiredCapacity StopInstanceTimeout MaxInstanceLifetime AzBalance AutoRebalance BalanceMode "
    "LaunchTemplateId LaunchTemplateVersion LoadBalancerIds DBInstanceIds Tags GroupDeletionProtection",
    "scaling configuration": "ImageName InstanceDescription CreditSpecification HostName HttpEndpoint "
    "InternetMaxBandwidthIn ResourceGroupId SecurityEnhancementStrategy SpotStrategy SpotDuration SystemDiskSize "
    "SystemDiskName SystemDiskDescription SystemDiskPerformanceLevel SystemDisk.KMSKeyId SystemDisk.EncryptAlgorithm "
    "SystemDisk.ProvisionedIops SystemDiskAutoSnapshotPolicyId DataDisks Tags SpotPriceLimit NetworkInterfaces "
    "KeyPairName PasswordInherit",
}


def is_empty(value: Any) -> bool:
    """Return whether a value says nothing."""
    return all(map(is_empty, value.values())) if isinstance(value, dict) else value in (None, "", "0", 0, False, [])


@pytest.mark.parametrize("kind", NOT_SENT)
def test_what_was_not_sent_is_not_invented(shared: Network, kind: str) -> None:
    shown = shared.fresh[kind] or {}
    assert {name: shown[name] for name in NOT_SENT[kind].split() if name in shown and not is_empty(shown[name])} == {}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("binding", "VpcId"),
        ("binding", "PrivateIpAddress"),
        ("scaling configuration", "UserData"),
        ("scaling rule", "TargetValue"),
        ("scaling rule", "StepAdjustment"),
    ],
)
def test_some_things_that_were_not_sent_are_not_even_empty(shared: Network, kind: str, name: str) -> None:
    assert name not in (shared.fresh[kind] or {})


@pytest.mark.parametrize(
    ("kind", "defaults"),
    [
        ("scaling group", {"DefaultCooldown": 300, "MultiAZPolicy": "PRIORITY"}),
        ("nat gateway", {"NatType": "Enhanced"}),
        ("vswitch", {"Ipv6CidrBlock": ""}),
        ("rule", {"Direction": "ingress", "NicType": "intranet", "SourceCidrIp": "0.0.0.0/0"}),
    ],
)
def test_what_the_provider_takes_for_the_default_is_shown(shared: Network, kind: str, defaults: Shown) -> None:
    shown = shared.fresh[kind] or {}
    assert {name: shown[name] for name in defaults} == defaults


# 8. A client without a NIC type sends the text "<nil>".


@pytest.mark.parametrize("nic_type", ["<nil>", "intranet"])
def test_an_unknown_nic_type_is_no_filter(shared: Network, nic_type: str) -> None:
    assert shared.read("rule", NicType=nic_type, Direction="ingress") == shared.fresh["rule"]


# 9. The first element is taken for the right one, whatever its id.


FILTERED = [kind for kind, (*_, path) in READS.items() if path.endswith(".0") and kind not in ("rule", *SEVERAL)]


@pytest.mark.parametrize("kind", FILTERED)
def test_of_two_objects_the_one_that_was_asked_for_is_the_only_one(pair: tuple[Network, Network], kind: str) -> None:
    version, action, ids, path = READS[kind]
    for network in pair:
        wanted = {name: network.ids[id] for name, id in ids.items()}
        (shown,) = look(network.door.ok(version, action, **wanted), path.removesuffix(".0"))
        own = next(iter(ids))
        assert shown[own.removesuffix(".1")] == wanted[own]


def test_of_two_security_groups_the_rules_of_one_are_shown(pair: tuple[Network, Network]) -> None:
    first, second = ((network.read("rule") or {})["SecurityGroupRuleId"] for network in pair)
    assert first != second


@pytest.mark.parametrize("kind", EMPTY_LISTS)
def test_an_unknown_id_finds_nothing(shared: Network, kind: str) -> None:
    version, action, ids, path = EMPTY_LISTS[kind]
    answer = shared.door.ok(version, action, **dict.fromkeys(ids, "nobody-0"))
    assert look(answer, path.removesuffix(".0")) == []


# 10. Some calls have their ids in the query and the rest in the body.


@pytest.mark.parametrize("form", [(), ("VSwitchName", "RegionId"), ("VSwitchId", "VSwitchName", "RegionId")])
def test_parameters_count_wherever_they_are(network: Network, form: tuple[str, ...]) -> None:
    given = {"VSwitchId": network.ids["vswitch"], "VSwitchName": "renamed", "RegionId": REGION}
    network.door.ok(VPC, "ModifyVSwitchAttribute", form=form, **given)
    assert (network.read("vswitch") or {})["VSwitchName"] == "renamed"


def test_an_address_is_allocated_with_an_empty_id_in_the_query_and_the_rest_in_the_body(door: Door) -> None:
    given = {"InstanceId": "", "Bandwidth": "7", "InternetChargeType": "PayByTraffic"}
    made = door.ok(VPC, "AllocateEipAddress", form=("Bandwidth", "InternetChargeType"), **given)
    answer = door.ok(VPC, "DescribeEipAddresses", AllocationId=made["AllocationId"])
    assert str(look(answer, "EipAddresses.EipAddress.0.Bandwidth")) == "7"


# 11. Numbers that the client asserts to be numbers are numbers.


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


# 12. Names are spelt as the service spells them.


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("vpc", "EnabledIpv6"),
        ("nat gateway", "NatGatewayPrivateInfo.VswitchId"),
        ("vswitch", "VSwitchId"),
        ("eip", "Descritpion"),
        ("snat entry", "SourceVSwitchId"),
        ("routes", "RouteEntrys.RouteEntry.0.InstanceId"),
    ],
)
def test_a_field_is_spelt_as_the_provider_reads_it(shared: Network, kind: str, name: str) -> None:
    assert look(shared.fresh[kind], name) is not None


@pytest.mark.parametrize(
    ("version", "right", "wrong"),
    [
        (VPC, "UnTagResources", "UntagResources"),
        (RAM, "UntagResources", "UnTagResources"),
        (ECS, "UntagResources", "UnTagResources"),
        (ESS, "UntagResources", "UnTagResources"),
        (VPC, "ListEnhanhcedNatGatewayAvailableZones", "ListEnhancedNatGatewayAvailableZones"),
    ],
)
def test_an_action_is_spelt_one_way(door: Door, version: str, right: str, wrong: str) -> None:
    assert door.send(version, right)[1].get("Code") != "InvalidAction.NotFound"
    assert door.refused(version, wrong) == (404, "InvalidAction.NotFound")


def test_an_entry_that_is_not_ready_is_refused_with_the_services_spelling(network: Network, cloud: Cloud) -> None:
    entry = {"SnatTableId": network.ids["snat table"], "SnatEntryId": network.ids["snat entry"]}
    with (
        closing(Cloud.open(cloud.directory, settle_ms=60_000, environment={})) as slow,
        serve_cloud(slow) as running,
        Door(running) as door,
    ):
        door.make(VPC, "ModifySnatEntry", **entry, SnatEntryName="renamed")
        assert door.refused(VPC, "DeleteSnatEntry", **entry) == (400, "IncorretSnatEntryStatus")


# 13. What something else needs is not deleted, and everything goes in the right order.

OUT_OF_ORDER = [
    (VPC, "DeleteVpc", {"VpcId": "vpc"}, "DependencyViolation.VSwitch"),
    (VPC, "DeleteVSwitch", {"VSwitchId": "vswitch"}, "DependencyViolation.EnhancedNatgw"),
    (VPC, "DeleteNatGateway", {"NatGatewayId": "nat gateway"}, "DependencyViolation.SnatEntry"),
    (VPC, "ReleaseEipAddress", {"AllocationId": "eip"}, "IncorrectEipStatus"),
    (
        VPC,
        "UnassociateEipAddress",
        {"AllocationId": "eip", "InstanceId": "nat gateway"},
        "InvalidIpStatus.HasBeenUsedBySnatTable",
    ),
    (ECS, "DeleteSecurityGroup", {"SecurityGroupId": "security group"}, "DependencyViolation"),
    (ESS, "DeleteScalingGroup", {"ScalingGroupId": "scaling group"}, "InstanceInUse"),
    (
        ESS,
        "DeleteScalingConfiguration",
        {"ScalingConfigurationId": "scaling configuration"},
        "IncorrectScalingConfigurationLifecycleState",
    ),
]


@pytest.mark.parametrize(("version", "action", "ids", "code"), OUT_OF_ORDER, ids=[row[1] for row in OUT_OF_ORDER])
def test_what_something_else_needs_is_not_deleted(
    fleet: Network, version: str, action: str, ids: dict[str, str], code: str
) -> None:
    wait_for(lambda: (fleet.read("eip") or {})["Status"] == "InUse")
    wait_for(lambda: (fleet.read("snat entry") or {})["Status"] == "Available")
    assert fleet.door.refused(version, action, **{name: fleet.ids[id] for name, id in ids.items()})[1] == code


def test_a_key_pair_that_machines_have_is_not_deleted(fleet: Network) -> None:
    names = json.dumps([fleet.ids["key pair"]])
    refused = fleet.door.refused(ECS, "DeleteKeyPairs", KeyPairNames=names)
    assert refused[1] == "InvalidParameter.KeypairAlreadyAttachedInstance"


def test_an_address_that_is_not_bound_to_the_gateway_takes_no_entry(network: Network) -> None:
    made = network.door.ok(VPC, "AllocateEipAddress")
    given = {"SnatTableId": network.ids["snat table"], "SourceCIDR": "10.250.0.0/24", "SnatIp": made["EipAddress"]}
    assert network.door.refused(VPC, "CreateSnatEntry", **given)[1] == "EIP_NOT_IN_GATEWAY"


def test_in_the_right_order_everything_goes(fleet: Network, cloud: Cloud) -> None:
    ids, door = fleet.ids, fleet.door
    routes = len(look(fleet.read("routes"), "RouteEntrys.RouteEntry"))
    door.ok(ESS, "DeleteScalingGroup", ScalingGroupId=ids["scaling group"], ForceDelete="true")
    wait_for(lambda: cloud.counts().get("instance") is None)
    door.make(VPC, "DeleteSnatEntry", SnatTableId=ids["snat table"], SnatEntryId=ids["snat entry"])
    wait_for(lambda: fleet.read("snat entry") is None)
    door.make(VPC, "UnassociateEipAddress", **fleet.bound)
    door.make(VPC, "ReleaseEipAddress", AllocationId=ids["eip"])
    door.make(VPC, "DeleteRouteEntry", **fleet.route)
    wait_for(lambda: len(look(fleet.read("routes"), "RouteEntrys.RouteEntry")) < routes)
    door.make(VPC, "UnassociateRouteTable", RouteTableId=ids["route table"], VSwitchId=ids["vswitch"])
    door.make(VPC, "DeleteRouteTable", RouteTableId=ids["route table"])
    door.make(VPC, "DeleteIpv6Gateway", Ipv6GatewayId=ids["ipv6 gateway"])
    door.make(VPC, "DeleteNatGateway", NatGatewayId=ids["nat gateway"])
    wait_for(lambda: fleet.read("nat gateway") is None)
    door.ok(ECS, "DeleteSecurityGroup", SecurityGroupId=ids["security group"])
    door.ok(ECS, "DeleteKeyPairs", KeyPairNames=json.dumps([ids["key pair"]]))
    door.ok(ECS, "DeleteLaunchTemplate", LaunchTemplateId=ids["launch template"])
    door.ok(RAM, "DeleteRole", RoleName=ids["role"])
    door.make(VPC, "DeleteVSwitch", VSwitchId=ids["vswitch"])
    door.make(VPC, "DeleteVpc", VpcId=ids["vpc"])
    assert cloud.counts() == {}


# 14. The provider waits long enough by itself: nothing here sleeps.


def test_no_call_sleeps(network: Network) -> None:
    """The shortest of some calls of each action, since the machine may be busy with something else."""
    for number in range(1, 4):
        Network(network.door, number)
    assert {action: took for action, took in network.door.quickest.items() if took > QUICK_SECONDS} == {}


# 15. Ten operations run at a time.


def test_ten_writers_at_once_lose_nothing(network: Network, server: Server) -> None:
    group = {"SecurityGroupId": network.ids["security group"]}

    def write(number: int) -> None:
        with Door(server) as door:
            target = {"ResourceType": "VPC", "ResourceId__1": network.ids["vpc"]}
            door.ok(VPC, "TagResources", **target, Tag__1__Key=f"key-{number}", Tag__1__Value="x")
            for port in range(10):
                ports = f"{1000 * (number + 1) + port}"
                rule = {**network.rule, "PortRange": f"{ports}/{ports}"}
                door.ok(ECS, "AuthorizeSecurityGroup", **group, **{f"Permissions__1__{k}": v for k, v in rule.items()})

    with ThreadPoolExecutor(10) as executor:
        list(executor.map(write, range(10)))
    answer = network.door.ok(ECS, "DescribeSecurityGroupAttribute", **group)
    assert len(answer["Permissions"]["Permission"]) == 101
    assert len(look(network.read("vpc"), "Tags.Tag")) == 10
