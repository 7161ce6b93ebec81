"""Classic load balancers: what they show, how they are filtered, what protects them, what they keep from going."""

from __future__ import annotations

import json

import pytest

from tests.unit.sandbox.conftest import Account, Refused

BY_SPEC = {"InstanceChargeType": "PayBySpec", "LoadBalancerSpec": "slb.s1.small"}


@pytest.fixture
def vpc_id(account: Account) -> str:
    return account.a_vpc()


@pytest.fixture
def vswitch_id(account: Account, vpc_id: str) -> str:
    return account.a_vswitch(vpc_id)


def rows(account: Account, **given: object) -> list[dict]:
    return account.slb("DescribeLoadBalancers", **given)["LoadBalancers"]["LoadBalancer"]


def ids(account: Account, **given: object) -> list[str]:
    return [row["LoadBalancerId"] for row in rows(account, **given)]


def groups(account: Account, load_balancer_id: str, **given: object) -> list[dict]:
    answer = account.slb("DescribeVServerGroups", LoadBalancerId=load_balancer_id, **given)
    return answer["VServerGroups"]["VServerGroup"]


def a_group(account: Account, load_balancer_id: str, name: str = "k8s/30080/web/default/c") -> str:
    made = account.slb("CreateVServerGroup", LoadBalancerId=load_balancer_id, VServerGroupName=name)
    return made["VServerGroupId"]


def a_listener(account: Account, load_balancer_id: str, group_id: str, port: int = 80) -> None:
    account.slb(
        "CreateLoadBalancerTCPListener",
        LoadBalancerId=load_balancer_id,
        ListenerPort=port,
        Bandwidth=-1,
        VServerGroupId=group_id,
    )


def test_internet_facing_one_is_in_no_vpc(account: Account) -> None:
    account.a_load_balancer()
    (row,) = rows(account)
    assert (row["AddressType"], row["NetworkType"], row["VpcId"], row["VSwitchId"]) == ("internet", "classic", "", "")


def test_internal_one_is_in_its_vswitch_with_an_address_of_it(account: Account, vpc_id: str, vswitch_id: str) -> None:
    made = account.slb("CreateLoadBalancer", VSwitchId=vswitch_id, InstanceChargeType="PayByCLCU")
    (row,) = rows(account)
    assert (row["AddressType"], row["NetworkType"], row["VpcId"], row["VSwitchId"], row["MasterZoneId"]) == (
        "intranet",
        "vpc",
        vpc_id,
        vswitch_id,
        "eu-central-1a",
    )
    assert row["Address"] == made["Address"] == "10.250.0.1"


def test_two_internal_ones_have_two_addresses(account: Account, vswitch_id: str) -> None:
    for _ in range(2):
        account.a_load_balancer(vswitch_id)
    assert [row["Address"] for row in rows(account)] == ["10.250.0.1", "10.250.0.2"]


def test_answer_to_the_creation_is_what_the_service_answers(account: Account, vswitch_id: str) -> None:
    given = {"VSwitchId": vswitch_id, "LoadBalancerName": "web", **BY_SPEC}
    made = account.slb("CreateLoadBalancer", **given)
    assert made.keys() >= {"LoadBalancerId", "Address", "NetworkType", "VpcId", "AddressIPVersion", "OrderId"}
    assert (made["LoadBalancerName"], made["VSwitchId"]) == ("web", vswitch_id)


def test_charge_type_is_a_number_in_the_list_and_a_word_in_the_details(account: Account) -> None:
    given = {"InternetChargeType": "paybybandwidth", "Bandwidth": 10}
    load_balancer_id = account.a_load_balancer(**given)
    (row,) = rows(account)
    shown = account.slb("DescribeLoadBalancerAttribute", LoadBalancerId=load_balancer_id)
    assert (row["InternetChargeType"], row["InternetChargeTypeAlias"], row["Bandwidth"]) == ("3", "paybybandwidth", 10)
    assert shown["InternetChargeType"] == "paybybandwidth"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"InstanceChargeType": "PayBySpec"}, "ShareSlbHaltSales"),
        ({**BY_SPEC, "LoadBalancerSpec": "slb.huge"}, "InvalidParameter"),
        ({"AddressType": "intranet"}, "MissingParam.VSwitchId"),
        ({"AddressType": "elsewhere"}, "InvalidParameter"),
        ({"LoadBalancerName": "1st"}, "InvalidParameter"),
        ({"LoadBalancerName": "a" * 81}, "InvalidParameter"),
        ({"DeleteProtection": "yes"}, "InvalidParameter"),
        ({"InternetChargeType": "paybybandwidth"}, "InvalidParameter.Bandwidth"),
        ({"InternetChargeType": "paybybandwidth", "Bandwidth": 5121}, "InvalidParameter.Bandwidth"),
        ({"InternetChargeType": "gift"}, "InvalidParameter"),
        ({"PayType": "PrePay"}, "InvalidParameter"),
        ({"MasterZoneId": "eu-central-1z"}, "InvalidParameter"),
    ],
)
def test_creation_that_makes_no_sense_is_refused(account: Account, refused: Refused, given: dict, code: str) -> None:
    error = refused(account.slb, "CreateLoadBalancer", **{"InstanceChargeType": "PayByCLCU", **given})
    assert (error.code, error.http_status) == (code, 400)


def test_missing_vswitch_is_refused(account: Account, refused: Refused) -> None:
    error = refused(account.a_load_balancer, "vsw-missing")
    assert (error.code, error.http_status) == ("InvalidVSwitchId.NotFound", 404)


def test_vswitch_of_another_vpc_is_refused(account: Account, refused: Refused, vswitch_id: str) -> None:
    other = account.a_vpc("192.168.0.0/16")
    assert refused(account.a_load_balancer, vswitch_id, VpcId=other).code == "InvalidVSwitchId.NotFound"


def test_missing_vpc_is_refused(account: Account, refused: Refused, vswitch_id: str) -> None:
    assert refused(account.a_load_balancer, vswitch_id, VpcId="vpc-missing").code == "InvalidVpcId.NotExist"


@pytest.mark.parametrize("address", ["10.251.0.1", "10.250.0.1", "10.250.31.255", "nonsense"])
def test_address_that_is_not_free_in_the_vswitch_is_refused(
    account: Account, refused: Refused, vswitch_id: str, address: str
) -> None:
    account.a_load_balancer(vswitch_id, Address="10.250.0.1")
    error = refused(account.a_load_balancer, vswitch_id, Address=address)
    assert (error.code, error.message) == ("InvalidParameter", "Illegal parameter. The IP address is not in subnet.")


def test_full_vswitch_is_refused(account: Account, refused: Refused, vpc_id: str) -> None:
    vswitch_id = account.a_vswitch(vpc_id, "10.250.255.0/29")
    for _ in range(4):
        account.a_load_balancer(vswitch_id)
    assert refused(account.a_load_balancer, vswitch_id).code == "VSwitchAvailableIpNotExist"


def test_quota_is_enforced(account: Account, refused: Refused) -> None:
    account.cloud.set_quota("load_balancer", 1)
    account.a_load_balancer()
    assert refused(account.a_load_balancer).code == "OverQuota"


def test_client_token_makes_one(account: Account) -> None:
    first, second = (account.a_load_balancer(ClientToken="once") for _ in range(2))
    assert first == second
    assert ids(account) == [first]


def test_lists_are_filtered_by_vpc_vswitch_id_name_and_type(account: Account, vpc_id: str, vswitch_id: str) -> None:
    inside = account.a_load_balancer(vswitch_id, LoadBalancerName="inside")
    outside = account.a_load_balancer(LoadBalancerName="outside")
    for given in (
        {"VpcId": vpc_id},
        {"VSwitchId": vswitch_id},
        {"LoadBalancerId": f"{inside},lb-missing"},
        {"LoadBalancerName": "inside,missing"},
        {"AddressType": "intranet"},
        {"NetworkType": "vpc"},
    ):
        assert ids(account, **given) == [inside]
    assert ids(account, AddressType="internet") == [outside]


def test_more_than_ten_ids_are_refused(account: Account, refused: Refused) -> None:
    wanted = ",".join(f"lb-{number}" for number in range(11))
    assert refused(account.slb, "DescribeLoadBalancers", LoadBalancerId=wanted).code == "InvalidParameter"


def test_one_of_several_tags_is_enough_in_the_json_filter(account: Account) -> None:
    first = account.a_load_balancer(Tag__1__Key="a", Tag__1__Value="1")
    second = account.a_load_balancer(Tag__1__Key="b", Tag__1__Value="2")
    account.a_load_balancer(Tag__1__Key="a", Tag__1__Value="other")
    tags = [{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": "2"}]
    assert ids(account, Tags=json.dumps(tags)) == [first, second]
    assert ids(account, Tags=json.dumps(tags[:1])) == [first]


@pytest.mark.parametrize("tags", ["nonsense", "{}x", "[1]", '[{"TagValue": "a"}]', json.dumps([{"TagKey": "a"}] * 11)])
def test_tag_filter_that_makes_no_sense_is_refused(account: Account, refused: Refused, tags: str) -> None:
    assert refused(account.slb, "DescribeLoadBalancers", Tags=tags).code == "InvalidParameter"


def test_tags_are_added_shown_listed_and_taken_away(account: Account) -> None:
    target = {"ResourceType": "instance", "ResourceId__1": account.a_load_balancer(Tag__1__Key="a", Tag__1__Value="1")}
    account.slb("TagResources", **target, Tag__1__Key="b", Tag__1__Value="2")
    account.slb("UntagResources", **target, TagKey__1="a")
    (row,) = rows(account)
    assert row["Tags"] == {"Tag": [{"TagKey": "b", "TagValue": "2"}]}
    (listed,) = account.slb("ListTagResources", **target)["TagResources"]["TagResource"]
    assert (listed["TagKey"], listed["TagValue"], listed["ResourceType"]) == ("b", "2", "instance")


def test_pages_follow_each_other(account: Account) -> None:
    made = [account.a_load_balancer() for _ in range(3)]
    pages = [account.slb("DescribeLoadBalancers", PageSize=2, PageNumber=number) for number in (1, 2)]
    assert [row["LoadBalancerId"] for page in pages for row in page["LoadBalancers"]["LoadBalancer"]] == made
    assert pages[0]["TotalCount"] == 3


def test_page_of_more_than_a_hundred_is_refused(account: Account, refused: Refused) -> None:
    assert refused(account.slb, "DescribeLoadBalancers", PageSize=101).code == "InvalidParameter"


def test_others_are_not_seen(account: Account, other_account: Account) -> None:
    account.a_load_balancer()
    assert rows(other_account) == []


@pytest.mark.parametrize(
    "action",
    ["DescribeLoadBalancerAttribute", "DeleteLoadBalancer", "DescribeVServerGroups", "CreateVServerGroup"],
)
def test_missing_one_is_refused(account: Account, refused: Refused, action: str) -> None:
    error = refused(account.slb, action, LoadBalancerId="lb-missing")
    assert (error.code, error.http_status) == ("InvalidLoadBalancerId.NotFound", 404)


def test_protected_one_is_not_deleted_until_the_protection_is_off(account: Account, refused: Refused) -> None:
    target = {"LoadBalancerId": account.a_load_balancer(DeleteProtection="on")}
    error = refused(account.slb, "DeleteLoadBalancer", **target)
    assert (error.code, error.http_status) == ("OperationDenied.DeleteProtectionIsOn", 400)
    account.slb("SetLoadBalancerDeleteProtection", **target, DeleteProtection="off")
    account.slb("DeleteLoadBalancer", **target)
    assert rows(account) == []


@pytest.mark.parametrize(("value", "code"), [("", "MissingDeleteProtection"), ("maybe", "InvalidParameter")])
def test_protection_is_on_or_off(account: Account, refused: Refused, value: str, code: str) -> None:
    target = {"LoadBalancerId": account.a_load_balancer()}
    assert refused(account.slb, "SetLoadBalancerDeleteProtection", **target, DeleteProtection=value).code == code


def test_read_only_mode_does_not_keep_it_from_being_deleted(account: Account) -> None:
    """It binds the console alone; the reason goes with the mode."""
    given = {"ModificationProtectionStatus": "ConsoleProtection", "ModificationProtectionReason": "managed"}
    load_balancer_id = account.a_load_balancer(**given)
    assert rows(account)[0]["ModificationProtectionReason"] == "managed"
    account.slb("DeleteLoadBalancer", LoadBalancerId=load_balancer_id)
    assert rows(account) == []


def test_deletion_takes_groups_and_listeners_with_it(account: Account, refused: Refused) -> None:
    load_balancer_id = account.a_load_balancer()
    group_id = a_group(account, load_balancer_id)
    a_listener(account, load_balancer_id, group_id)
    account.slb("DeleteLoadBalancer", LoadBalancerId=load_balancer_id)
    assert refused(account.slb, "DeleteVServerGroup", VServerGroupId=group_id).code == "InvalidParameter"
    assert account.cloud.counts() == {}


def test_internal_one_keeps_its_vswitch_from_being_deleted(
    account: Account, refused: Refused, vpc_id: str, vswitch_id: str
) -> None:
    load_balancer_id = account.a_load_balancer(vswitch_id)
    error = refused(account.vpc, "DeleteVSwitch", VSwitchId=vswitch_id)
    assert (error.code, error.http_status) == ("DependencyViolation", 400)
    account.slb("DeleteLoadBalancer", LoadBalancerId=load_balancer_id)
    account.vpc("DeleteVSwitch", VSwitchId=vswitch_id)
    account.vpc("DeleteVpc", VpcId=vpc_id)


def test_internet_facing_one_keeps_no_vswitch_from_being_deleted(account: Account, vswitch_id: str) -> None:
    account.a_load_balancer()
    account.vpc("DeleteVSwitch", VSwitchId=vswitch_id)


def test_instances_do_not_get_the_address_of_an_internal_one(account: Account, place) -> None:
    account.a_load_balancer(place.vswitch_id)
    shown = place.shown(place.an_instance())
    assert shown["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] == ["10.250.0.2"]


def test_groups_are_told_with_their_names_and_on_demand_with_their_listeners(account: Account) -> None:
    load_balancer_id = account.a_load_balancer()
    group_id = a_group(account, load_balancer_id)
    a_listener(account, load_balancer_id, group_id)
    (group,) = groups(account, load_balancer_id)
    assert (group["VServerGroupId"], group["VServerGroupName"]) == (group_id, "k8s/30080/web/default/c")
    assert group["AssociatedObjects"] == {"Listeners": {"Listener": []}, "Rules": {"Rule": []}}
    (group,) = groups(account, load_balancer_id, IncludeListener="true")
    assert group["AssociatedObjects"]["Listeners"] == {"Listener": [{"Port": 80, "Protocol": "tcp"}]}


@pytest.mark.parametrize("name", ["a" * 81, "a b", "a:b"])
def test_group_name_beyond_the_rules_is_refused(account: Account, refused: Refused, name: str) -> None:
    assert refused(a_group, account, account.a_load_balancer(), name).code == "InvalidParameter"


def test_group_that_a_listener_sends_to_is_not_deleted(account: Account, refused: Refused) -> None:
    load_balancer_id = account.a_load_balancer()
    group_id = a_group(account, load_balancer_id)
    a_listener(account, load_balancer_id, group_id)
    assert refused(account.slb, "DeleteVServerGroup", VServerGroupId=group_id).code == "RspoolVipExist"
    account.slb("DeleteLoadBalancerListener", LoadBalancerId=load_balancer_id, ListenerPort=80)
    account.slb("DeleteVServerGroup", VServerGroupId=group_id)
    assert groups(account, load_balancer_id) == []


def test_listeners_are_told_in_both_spellings(account: Account) -> None:
    load_balancer_id = account.a_load_balancer()
    a_listener(account, load_balancer_id, a_group(account, load_balancer_id), port=443)
    shown = account.slb("DescribeLoadBalancerAttribute", LoadBalancerId=load_balancer_id)
    assert shown["ListenerPorts"] == {"ListenerPort": [443]}
    assert shown["ListenerPortsAndProtocal"]["ListenerPortAndProtocal"] == [
        {"ListenerPort": 443, "ListenerProtocal": "tcp"}
    ]
    assert shown["ListenerPortsAndProtocol"]["ListenerPortAndProtocol"][0]["ListenerProtocol"] == "tcp"


def test_port_is_listened_on_once(account: Account, refused: Refused) -> None:
    load_balancer_id = account.a_load_balancer()
    group_id = a_group(account, load_balancer_id)
    a_listener(account, load_balancer_id, group_id)
    assert refused(a_listener, account, load_balancer_id, group_id).code == "ListenerAlreadyExists"


def test_listener_for_another_ones_group_is_refused(account: Account, refused: Refused) -> None:
    group_id = a_group(account, account.a_load_balancer())
    assert refused(a_listener, account, account.a_load_balancer(), group_id).code == "InvalidParameter"


@pytest.mark.parametrize("given", [{"ListenerPort": 81}, {"ListenerPort": 80, "ListenerProtocol": "udp"}])
def test_missing_listener_is_refused(account: Account, refused: Refused, given: dict) -> None:
    load_balancer_id = account.a_load_balancer()
    a_listener(account, load_balancer_id, a_group(account, load_balancer_id))
    error = refused(account.slb, "DeleteLoadBalancerListener", LoadBalancerId=load_balancer_id, **given)
    assert (error.code, error.http_status) == ("InvalidParameter", 404)
