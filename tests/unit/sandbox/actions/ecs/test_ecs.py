"""Security groups and rules, key pairs, images, zones and what is sold where."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.conftest import IMAGE, PUBLIC_KEY

RULE = {
    "IpProtocol": "tcp",
    "PortRange": "22/22",
    "Policy": "accept",
    "Priority": "1",
    "NicType": "intranet",
    "SourceCidrIp": "0.0.0.0/0",
}


def permission(**changes: str) -> dict[str, str]:
    return {f"Permissions__1__{name}": value for name, value in {**RULE, **changes}.items()}


def rules_of(account: Any, group_id: str, **parameters: str) -> list[dict[str, Any]]:
    shown = account.ecs("DescribeSecurityGroupAttribute", SecurityGroupId=group_id, **parameters)
    return list(shown["Permissions"]["Permission"])


@pytest.fixture
def group_id(account: Any) -> str:
    return str(account.a_security_group(account.a_vpc()))


def test_two_groups_may_have_the_same_name(account: Any) -> None:
    vpc_id = account.a_vpc()
    assert account.a_security_group(vpc_id) != account.a_security_group(vpc_id)


def test_a_group_needs_a_vpc_that_exists(account: Any, refused: Any) -> None:
    error = refused(account.ecs, "CreateSecurityGroup", VpcId="vpc-missing")
    assert (error.code, error.http_status) == ("InvalidVpcId.NotFound", 404)


def test_a_rule_is_visible_at_once(account: Any, group_id: str) -> None:
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission())
    (rule,) = rules_of(account, group_id, Direction="ingress", NicType="intranet")
    shown = {name: rule[name] for name in ("Direction", "PortRange", "SourceCidrIp", "Policy", "Priority", "NicType")}
    assert shown == {
        "Direction": "ingress",
        "PortRange": "22/22",
        "SourceCidrIp": "0.0.0.0/0",
        "Policy": "Accept",
        "Priority": 1,
        "NicType": "intranet",
    }
    assert rule["SourceGroupOwnerAccount"] == ""


def test_a_client_without_a_nic_type_sees_every_rule(account: Any, group_id: str) -> None:
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission())
    assert len(rules_of(account, group_id, NicType="<nil>")) == 1


def test_the_same_rule_twice_is_one_rule(account: Any, group_id: str) -> None:
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission())
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission(IpProtocol="TCP", Policy="Accept"))
    assert len(rules_of(account, group_id)) == 1


def test_ingress_and_egress_are_different_rules(account: Any, group_id: str) -> None:
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission())
    account.ecs(
        "AuthorizeSecurityGroupEgress", SecurityGroupId=group_id, **permission(SourceCidrIp="", DestCidrIp="0.0.0.0/0")
    )
    assert [rule["Direction"] for rule in rules_of(account, group_id)] == ["ingress", "egress"]
    assert [rule["DestCidrIp"] for rule in rules_of(account, group_id, Direction="egress")] == ["0.0.0.0/0"]


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"IpProtocol": "sctp"}, "OperationDenied", 400),
        ({"IpProtocol": "icmp"}, "OperationDenied", 400),
        ({"PortRange": "-1/-1"}, "InvalidIpProtocol.Malformed", 400),
        ({"PortRange": "23/22"}, "InvalidIpProtocol.Malformed", 400),
        ({"PortRange": "1/65536"}, "InvalidIpProtocol.Malformed", 400),
        ({"PortRange": ""}, "InvalidIpProtocol.Malformed", 400),
        ({"Policy": "allow"}, "InvalidPolicy.Malformed", 400),
        ({"Priority": "101"}, "InvalidPriority.Malformed", 400),
        ({"SourceCidrIp": "10.0.0.1/8"}, "InvalidSourceCidrIp.Malformed", 400),
        ({"SourceCidrIp": ""}, "MissingParameter", 403),
        ({"SourceCidrIp": "", "SourceGroupId": "sg-missing"}, "InvalidSourceGroupId.NotFound", 404),
    ],
)
def test_a_wrong_rule_is_refused(
    account: Any, group_id: str, refused: Any, *, changes: dict[str, str], code: str, status: int
) -> None:
    error = refused(account.ecs, "AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission(**changes))
    assert (error.code, error.http_status) == (code, status)


def test_a_rule_is_revoked_by_its_attributes(account: Any, group_id: str, refused: Any) -> None:
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission())
    account.ecs("RevokeSecurityGroup", SecurityGroupId=group_id, **RULE)
    assert rules_of(account, group_id) == []
    error = refused(account.ecs, "RevokeSecurityGroup", SecurityGroupId=group_id, **RULE)
    assert (error.code, error.http_status) == ("InvalidSecurityGroupRule.RuleNotExist", 404)


def test_a_description_is_changed_by_the_rule_s_attributes(account: Any, group_id: str) -> None:
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission())
    account.ecs("ModifySecurityGroupRule", SecurityGroupId=group_id, Description="ssh", **RULE)
    assert [rule["Description"] for rule in rules_of(account, group_id)] == ["ssh"]


def test_a_group_takes_no_more_rules_than_its_quota(account: Any, group_id: str, refused: Any) -> None:
    account.cloud.set_quota("security_group_rule", 1)
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission())
    error = refused(account.ecs, "AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission(PortRange="23/23"))
    assert (error.code, error.http_status) == ("AuthorizationLimitExceed", 403)


def test_a_group_that_another_one_names_is_not_deleted(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    named, naming = account.a_security_group(vpc_id), account.a_security_group(vpc_id)
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=naming, **permission(SourceCidrIp="", SourceGroupId=named))
    error = refused(account.ecs, "DeleteSecurityGroup", SecurityGroupId=named)
    assert (error.code, error.http_status) == ("DependencyViolation", 403)


def test_a_deleted_group_takes_its_rules_along(account: Any, group_id: str) -> None:
    account.ecs("AuthorizeSecurityGroup", SecurityGroupId=group_id, **permission())
    account.ecs("DeleteSecurityGroup", SecurityGroupId=group_id)
    assert account.cloud.counts() == {"vpc": 1}


def test_members_reach_each_other_unless_told_otherwise(account: Any, group_id: str) -> None:
    describe = {"SecurityGroupId": group_id}
    assert account.ecs("DescribeSecurityGroupAttribute", **describe)["InnerAccessPolicy"] == "Accept"
    account.ecs("ModifySecurityGroupPolicy", **describe, InnerAccessPolicy="Drop")
    assert account.ecs("DescribeSecurityGroupAttribute", **describe)["InnerAccessPolicy"] == "Drop"


def test_group_tags_are_spelt_tag_key(account: Any, group_id: str) -> None:
    account.ecs(
        "TagResources", ResourceType="securitygroup", ResourceId__1=group_id, Tag__1__Key="a", Tag__1__Value="1"
    )
    (group,) = account.ecs("DescribeSecurityGroups", SecurityGroupId=group_id)["SecurityGroups"]["SecurityGroup"]
    assert group["Tags"] == {"Tag": [{"TagKey": "a", "TagValue": "1"}]}
    account.ecs("UntagResources", ResourceType="securitygroup", ResourceId__1=group_id, TagKey__1="a")
    (group,) = account.ecs("DescribeSecurityGroups", SecurityGroupId=group_id)["SecurityGroups"]["SecurityGroup"]
    assert group["Tags"] == {"Tag": []}


def test_a_key_pair_s_name_is_unique_in_its_region(account: Any, other_account: Any, refused: Any) -> None:
    pair = {"KeyPairName": "pair", "PublicKeyBody": PUBLIC_KEY}
    assert account.ecs("ImportKeyPair", **pair)["KeyPairName"] == "pair"
    error = refused(account.ecs, "ImportKeyPair", **pair)
    assert (error.code, error.http_status) == ("KeyPair.AlreadyExist", 400)
    assert other_account.ecs("ImportKeyPair", **pair)
    account.region = "cn-hangzhou"
    assert account.ecs("ImportKeyPair", **pair)


@pytest.mark.parametrize("body", ["nonsense", "ssh-rsa ???", "ssh-ed25519 AAAA", "ssh-rsa c29tZXRoaW5nIGVsc2U="])
def test_a_key_that_is_none_is_refused(account: Any, refused: Any, body: str) -> None:
    error = refused(account.ecs, "ImportKeyPair", KeyPairName="pair", PublicKeyBody=body)
    assert error.code == "InvalidPublicKeyBody.Malformed"


def test_key_pairs_are_found_by_their_exact_name(account: Any) -> None:
    for name in ("pair", "pair2"):
        account.ecs("ImportKeyPair", KeyPairName=name, PublicKeyBody=PUBLIC_KEY)
    found = account.ecs("DescribeKeyPairs", KeyPairName="pair")["KeyPairs"]["KeyPair"]
    assert [pair["KeyPairName"] for pair in found] == ["pair"]
    found = account.ecs("DescribeKeyPairs", KeyPairName="pair*")["KeyPairs"]["KeyPair"]
    assert [pair["KeyPairName"] for pair in found] == ["pair", "pair2"]


def test_deleting_a_key_pair_that_is_gone_changes_nothing(account: Any) -> None:
    account.ecs("ImportKeyPair", KeyPairName="pair", PublicKeyBody=PUBLIC_KEY)
    for _ in range(2):
        account.ecs("DeleteKeyPairs", KeyPairNames='["pair"]')
    assert account.cloud.counts() == {}


def test_public_images_exist_in_every_region(account: Any) -> None:
    for region in ("eu-central-1", "cn-shanghai"):
        account.region = region
        (image,) = account.ecs("DescribeImages", ImageId=IMAGE)["Images"]["Image"]
        assert (image["ImageOwnerAlias"], image["Architecture"], image["Status"]) == ("system", "x86_64", "Available")


def test_custom_images_belong_to_a_region_and_to_everybody(account: Any, other_account: Any) -> None:
    def custom(one: Any) -> dict[str, str]:
        images = one.ecs("DescribeImages", ImageOwnerAlias="others", PageSize=100)["Images"]["Image"]
        return {image["ImageName"]: image["ImageId"] for image in images}

    here = custom(account)
    assert here["gardenlinux-1592.4.0"].startswith("m-gw8")
    assert custom(other_account) == here
    account.region = "cn-shanghai"
    assert not set(custom(account).values()) & set(here.values())


def test_an_image_can_be_added(account: Any, refused: Any) -> None:
    account.cloud.add_image("m-mine", "eu-central-1")
    account.cloud.add_image("m-mine", "eu-central-1")
    assert len(account.ecs("DescribeImages", ImageId="m-mine")["Images"]["Image"]) == 1
    assert refused(account.cloud.add_image, "m-mine", "eu-central-9").code == "InvalidRegionId.NotFound"


def test_zones_are_spelt_as_in_reality(account: Any) -> None:
    def zones() -> list[str]:
        return [zone["ZoneId"] for zone in account.ecs("DescribeZones")["Zones"]["Zone"]]

    assert zones() == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    account.region = "cn-hangzhou"
    assert zones()[0] == "cn-hangzhou-b"


def test_new_families_are_sold_in_the_first_zone_only(account: Any) -> None:
    sold = account.ecs("DescribeAvailableResource", DestinationResource="InstanceType", InstanceType="ecs.g9i.large")
    assert [zone["ZoneId"] for zone in sold["AvailableZones"]["AvailableZone"]] == ["eu-central-1a"]


def test_every_zone_sells_something(account: Any) -> None:
    answer = account.ecs("DescribeAvailableResource", DestinationResource="Zone", IoOptimized="optimized")
    assert len(answer["AvailableZones"]["AvailableZone"]) == 3


def test_regions_are_listed(account: Any) -> None:
    regions = {region["RegionId"] for region in account.ecs("DescribeRegions")["Regions"]["Region"]}
    assert {"cn-hangzhou", "eu-central-1", "us-east-1"} <= regions


def test_a_created_key_pair_s_private_half_is_in_the_answer_alone(account: Any) -> None:
    made = account.ecs("CreateKeyPair", KeyPairName="pair")
    assert made["PrivateKeyBody"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    (shown,) = account.ecs("DescribeKeyPairs", KeyPairName="pair")["KeyPairs"]["KeyPair"]
    assert shown["KeyPairFingerPrint"] == made["KeyPairFingerPrint"]
    secret = made["PrivateKeyBody"].splitlines()[1].encode()
    assert secret not in account.on_disk()


def test_a_resource_group_is_shown_where_it_was_set(account: Any, group_id: str) -> None:
    account.ecs("JoinResourceGroup", ResourceType="securitygroup", ResourceId=group_id, ResourceGroupId="rg-one")
    (group,) = account.ecs("DescribeSecurityGroups", SecurityGroupId=group_id)["SecurityGroups"]["SecurityGroup"]
    assert group["ResourceGroupId"] == "rg-one"


def test_groups_and_key_pairs_are_found_by_their_resource_group(account: Any) -> None:
    vpc_id = account.a_vpc()
    for name, resource_group in (("one", "rg-one"), ("two", "rg-two")):
        own = {"ResourceGroupId": resource_group}
        account.ecs("CreateSecurityGroup", VpcId=vpc_id, SecurityGroupName=name, **own)
        account.ecs("ImportKeyPair", KeyPairName=name, PublicKeyBody=PUBLIC_KEY, **own)
    groups = account.ecs("DescribeSecurityGroups", ResourceGroupId="rg-one")["SecurityGroups"]["SecurityGroup"]
    pairs = account.ecs("DescribeKeyPairs", ResourceGroupId="rg-one")["KeyPairs"]["KeyPair"]
    assert ([group["SecurityGroupName"] for group in groups], [pair["KeyPairName"] for pair in pairs]) == (
        *(["one"], ["one"]),
    )


def test_groups_are_paged_by_token(account: Any) -> None:
    vpc_id = account.a_vpc()
    made = {account.a_security_group(vpc_id) for _ in range(3)}
    first = account.ecs("DescribeSecurityGroups", MaxResults=2)
    second = account.ecs("DescribeSecurityGroups", MaxResults=2, NextToken=first["NextToken"])
    shown = [group["SecurityGroupId"] for page in (first, second) for group in page["SecurityGroups"]["SecurityGroup"]]
    assert (set(shown), len(shown), second["NextToken"]) == (made, 3, "")


@pytest.mark.parametrize("size", [0, 101])
def test_a_page_by_token_has_a_largest_and_a_smallest_size(account: Any, refused: Any, size: int) -> None:
    assert refused(account.ecs, "DescribeSecurityGroups", MaxResults=size).code == "InvalidParameter"


def sold(account: Any, **parameters: object) -> list[str]:
    """Return what is sold in the first zone."""
    answer = account.ecs("DescribeAvailableResource", ZoneId="eu-central-1a", **parameters)
    found = [
        supported["Value"]
        for zone in answer["AvailableZones"]["AvailableZone"]
        for resource in zone["AvailableResources"]["AvailableResource"]
        for supported in resource["SupportedResources"]["SupportedResource"]
    ]
    return sorted(found)


def test_instance_types_are_found_by_their_size(account: Any) -> None:
    found = sold(account, DestinationResource="InstanceType", Cores=24, Memory=48)
    assert found[:2] == ["ecs.c5.6xlarge", "ecs.c6.6xlarge"]
    assert sold(account, DestinationResource="InstanceType", Cores=7) == []


def test_disks_are_found_by_their_category(account: Any) -> None:
    of_disks = {"InstanceType": "ecs.g7.large", "DestinationResource": "SystemDisk"}
    assert sold(account, **of_disks, SystemDiskCategory="cloud_essd") == ["cloud_essd"]
    assert len(sold(account, **of_disks)) > 1
