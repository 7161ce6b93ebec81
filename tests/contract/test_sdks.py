"""
The sandbox's HTTP door held against the current official SDKs for Python: Vpc, Ecs, Ess and Sts.

They sign in a header (ACS3-HMAC-SHA256) and speak Ess 2022-02-22. Skipped where they are not installed; they come with
the `test` extra. What they are given and what they answer is typed by their own models, which is the contract.
"""

from __future__ import annotations

import importlib
import json
from urllib.parse import urlsplit

import pytest

from provisioner.sandbox.cloud import Cloud, Latency
from provisioner.sandbox.wire import serve_cloud

PRODUCTS = {
    "vpc": "alibabacloud_vpc20160428",
    "ecs": "alibabacloud_ecs20140526",
    "ess": "alibabacloud_ess20220222",
    "sts": "alibabacloud_sts20150401",
}
REGION, ZONE = "eu-central-1", "eu-central-1a"
ACCESS_KEY_ID, SECRET = "LTAIsdk", "the-secret"

# The SDKs import libraries that warn about Python's own deprecations, and keep connections for reuse until the end.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Sdk:
    """One product's SDK: actions by their name in snake_case, requests built by the SDK's own models."""

    def __init__(
        self,
        product,
        server,
        *,
        access_key_id=ACCESS_KEY_ID,
        secret=SECRET,
        protocol="http",
        ca=None,
        security_token=None,
    ):
        package = PRODUCTS[product]
        reason = f"{package.replace('_', '-')} is not installed: pip install 'provisioner[test]'"
        client = pytest.importorskip(f"{package}.client", reason=reason)
        self.models = importlib.import_module(f"{package}.models")
        models = importlib.import_module("alibabacloud_tea_openapi.utils_models")
        self.client = client.Client(
            models.Config(
                access_key_id=access_key_id,
                access_key_secret=secret,
                security_token=security_token,
                endpoint=urlsplit(server.url).netloc,
                region_id=REGION,
                protocol=protocol,
                ca=ca,
                read_timeout=10_000,
                connect_timeout=10_000,
            )
        )

    def __call__(self, action, **parameters):
        """Return the body of the answer to an action with these parameters (nested ones as plain dicts)."""
        method = getattr(self.client, action)
        name = "".join(part.capitalize() for part in action.split("_")) + "Request"
        by_lower = {known.lower(): known for known in vars(self.models)}
        request = getattr(self.models, by_lower[name.lower()])
        if "region_id" in vars(request()):
            parameters.setdefault("region_id", REGION)
        nested = {key: self._nested(request, key, value) for key, value in parameters.items()}
        return method(request(**nested)).body

    def refused(self, action, **parameters):
        """Return the SDK's exception of a call that is refused."""
        exceptions = importlib.import_module("alibabacloud_tea_openapi.exceptions")
        with pytest.raises(exceptions.AlibabaCloudException) as caught:
            self(action, **parameters)
        return caught.value

    def _nested(self, request, key, value):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [self._nested(request, key, one) for one in value]
        if not isinstance(value, dict):
            return value
        return getattr(self.models, request.__name__ + "".join(part.capitalize() for part in key.split("_")))(**value)


@pytest.fixture
def cloud(tmp_path):
    opened = Cloud.open(tmp_path, latency=Latency(), settle_ms=0)
    opened.enroll(ACCESS_KEY_ID, SECRET)
    yield opened
    opened.close()


@pytest.fixture
def server(cloud):
    with serve_cloud(cloud) as running:
        yield running


@pytest.fixture
def vpc(server):
    return Sdk("vpc", server)


@pytest.fixture
def ecs(server):
    return Sdk("ecs", server)


@pytest.fixture
def ess(server):
    return Sdk("ess", server)


@pytest.fixture
def vpc_id(vpc):
    return vpc("create_vpc", cidr_block="10.0.0.0/8").vpc_id


@pytest.fixture
def vswitch_id(vpc, vpc_id):
    return vpc("create_vswitch", vpc_id=vpc_id, zone_id=ZONE, cidr_block="10.0.0.0/24").v_switch_id


@pytest.fixture
def security_group_id(ecs, vpc_id):
    return ecs("create_security_group", vpc_id=vpc_id, security_group_name="nodes").security_group_id


@pytest.fixture
def image_id(ecs):
    return ecs("describe_images", architecture="x86_64").images.image[0].image_id


@pytest.fixture
def group_id(ess, vswitch_id):
    made = ess("create_scaling_group", scaling_group_name="nodes", min_size=1, max_size=3, v_switch_ids=[vswitch_id])
    return made.scaling_group_id


@pytest.fixture
def configuration_id(ess, group_id, image_id, security_group_id):
    return ess(
        "create_scaling_configuration",
        scaling_group_id=group_id,
        scaling_configuration_name="first",
        image_id=image_id,
        instance_types=["ecs.g7.large"],
        security_group_ids=[security_group_id],
        system_disk={"category": "cloud_essd", "size": 50, "encrypted": True},
        data_disks=[{"category": "cloud_essd", "size": 40, "disk_name": "data"}],
        spot_price_limits=[{"instance_type": "ecs.g7.large", "price_limit": 0.5}],
        tags='{"k": "v"}',
        user_data="IyEvYmluL3No",
    ).scaling_configuration_id


# Vpc


def test_a_vpc_is_created_described_and_deleted(vpc, cloud):
    made = vpc("create_vpc", cidr_block="10.0.0.0/8", vpc_name="a-vpc", description="ä *~ + /&=").vpc_id
    shown = vpc("describe_vpc_attribute", vpc_id=made)
    assert (shown.vpc_name, shown.description, shown.status) == ("a-vpc", "ä *~ + /&=", "Available")
    vpc("delete_vpc", vpc_id=made)
    assert cloud.counts() == {}


def test_vswitches_are_paged_to_the_end(vpc, vpc_id):
    made = {
        vpc("create_vswitch", vpc_id=vpc_id, zone_id=ZONE, cidr_block=f"10.0.{number}.0/24").v_switch_id
        for number in range(5)
    }
    pages = [vpc("describe_vswitches", vpc_id=vpc_id, page_number=number, page_size=2) for number in (1, 2, 3)]
    found = [vswitch.v_switch_id for page in pages for vswitch in page.v_switches.v_switch]
    assert (set(found), len(found), pages[0].total_count) == (made, 5, 5)


def test_vpcs_are_tagged_found_and_untagged(vpc, vpc_id):
    vpc("create_vpc", cidr_block="10.0.0.0/8")
    target = {"resource_type": "VPC", "resource_id": [vpc_id]}
    vpc("tag_resources", **target, tag=[{"key": "kubernetes.io/cluster/a", "value": "1"}, {"key": "b", "value": "2"}])
    filtered = vpc("describe_vpcs", tag=[{"key": "kubernetes.io/cluster/a", "value": "1"}]).vpcs.vpc
    assert [one.vpc_id for one in filtered] == [vpc_id]
    vpc("un_tag_resources", **target, tag_key=["b"])
    (tag,) = vpc("list_tag_resources", **target).tag_resources.tag_resource
    assert (tag.tag_key, tag.tag_value) == ("kubernetes.io/cluster/a", "1")


def test_a_nat_gateway_reaches_the_internet_and_is_taken_down(vpc, cloud, vpc_id, vswitch_id):
    nat = vpc("create_nat_gateway", vpc_id=vpc_id, v_switch_id=vswitch_id, nat_type="Enhanced")
    eip = vpc("allocate_eip_address", bandwidth="100", internet_charge_type="PayByTraffic")
    binding = {"allocation_id": eip.allocation_id, "instance_id": nat.nat_gateway_id, "instance_type": "Nat"}
    vpc("associate_eip_address", **binding)
    table = nat.snat_table_ids.snat_table_id[0]
    entry = vpc("create_snat_entry", snat_table_id=table, source_vswitch_id=vswitch_id, snat_ip=eip.eip_address)
    (shown,) = vpc("describe_snat_table_entries", snat_table_id=table).snat_table_entries.snat_table_entry
    assert (shown.snat_entry_id, shown.snat_ip) == (entry.snat_entry_id, eip.eip_address)
    vpc("delete_snat_entry", snat_table_id=table, snat_entry_id=entry.snat_entry_id)
    vpc("unassociate_eip_address", **binding)
    vpc("release_eip_address", allocation_id=eip.allocation_id)
    vpc("delete_nat_gateway", nat_gateway_id=nat.nat_gateway_id)
    vpc("delete_vswitch", v_switch_id=vswitch_id)
    vpc("delete_vpc", vpc_id=vpc_id)
    assert cloud.counts() == {}


# Ecs


def test_a_security_group_is_created_described_and_deleted(ecs, cloud, vpc_id):
    made = ecs("create_security_group", vpc_id=vpc_id, security_group_name="nodes", description="for nodes")
    (shown,) = ecs("describe_security_groups", vpc_id=vpc_id).security_groups.security_group
    assert (shown.security_group_id, shown.security_group_name) == (made.security_group_id, "nodes")
    ecs("delete_security_group", security_group_id=made.security_group_id)
    assert cloud.counts() == {"vpc": 1}


def test_security_group_rules_are_added_shown_and_revoked(ecs, security_group_id):
    rule = {"ip_protocol": "tcp", "port_range": "22/22", "source_cidr_ip": "10.0.0.0/8", "policy": "accept"}
    ecs("authorize_security_group", security_group_id=security_group_id, permissions=[{**rule, "priority": "1"}])
    (shown,) = ecs("describe_security_group_attribute", security_group_id=security_group_id).permissions.permission
    assert (shown.port_range, shown.source_cidr_ip, shown.direction) == ("22/22", "10.0.0.0/8", "ingress")
    ecs("revoke_security_group", security_group_id=security_group_id, permissions=[{**rule, "priority": "1"}])
    left = ecs("describe_security_group_attribute", security_group_id=security_group_id).permissions.permission
    assert left == []


def test_key_pairs_are_paged_to_the_end(ecs):
    names = {ecs("create_key_pair", key_pair_name=f"key-{number}").key_pair_name for number in range(5)}
    pages = [ecs("describe_key_pairs", page_number=number, page_size=2) for number in (1, 2, 3)]
    found = [pair.key_pair_name for page in pages for pair in page.key_pairs.key_pair]
    assert (set(found), len(found), pages[0].total_count) == (names, 5, 5)
    ecs("delete_key_pairs", key_pair_names=str(sorted(names)).replace("'", '"'))
    assert ecs("describe_key_pairs").total_count == 0


def test_security_groups_are_tagged_found_and_untagged(ecs, vpc_id, security_group_id):
    ecs("create_security_group", vpc_id=vpc_id, security_group_name="other")
    target = {"resource_type": "securitygroup", "resource_id": [security_group_id]}
    ecs("tag_resources", **target, tag=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    filtered = ecs("describe_security_groups", tag=[{"key": "a", "value": "1"}]).security_groups.security_group
    assert [one.security_group_id for one in filtered] == [security_group_id]
    ecs("untag_resources", **target, tag_key=["b"])
    (tag,) = ecs("list_tag_resources", **target).tag_resources.tag_resource
    assert (tag.tag_key, tag.tag_value) == ("a", "1")


def test_regions_and_zones_are_listed(ecs):
    assert REGION in {region.region_id for region in ecs("describe_regions").regions.region}
    assert ZONE in {zone.zone_id for zone in ecs("describe_zones").zones.zone}


# Ess, in the version of 2022


def test_a_scaling_group_is_described_with_plain_lists(ess, group_id, vswitch_id):
    (shown,) = ess("describe_scaling_groups", scaling_group_ids=[group_id]).scaling_groups
    assert (shown.scaling_group_id, shown.max_size, shown.lifecycle_state) == (group_id, 3, "Inactive")
    assert (shown.v_switch_ids, shown.load_balancer_ids, shown.suspended_processes) == ([vswitch_id], [], [])
    assert shown.removal_policies == ["OldestScalingConfiguration", "OldestInstance"]


def test_a_scaling_configuration_is_described_with_plain_lists(ess, group_id, configuration_id, security_group_id):
    found = ess("describe_scaling_configurations", scaling_configuration_ids=[configuration_id])
    (shown,) = found.scaling_configurations
    assert (shown.scaling_group_id, shown.scaling_configuration_name) == (group_id, "first")
    assert (shown.instance_types, shown.security_group_ids) == (["ecs.g7.large"], [security_group_id])
    assert (shown.data_disks[0].disk_name, shown.data_disks[0].size) == ("data", 40)
    assert (shown.tags[0].key, shown.tags[0].value) == ("k", "v")
    assert (shown.system_disk_size, shown.system_disk_encrypted) == (50, True)
    assert (shown.spot_price_limits[0].price_limit, shown.user_data) == (0.5, "IyEvYmluL3No")


def test_a_scaling_group_is_filled_changed_and_deleted(ess, cloud, group_id, configuration_id):
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    (instance,) = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    assert (instance.scaling_configuration_id, instance.lifecycle_state) == (configuration_id, "InService")
    protected = {"scaling_group_id": group_id, "instance_ids": [instance.instance_id]}
    ess("set_instances_protection", **protected, protected_from_scale_in=True)
    (instance,) = ess("describe_scaling_instances", instance_ids=[instance.instance_id]).scaling_instances
    assert instance.lifecycle_state == "Protected"
    ess("modify_scaling_group", scaling_group_id=group_id, max_size=5, removal_policies=["NewestInstance"])
    (group,) = ess("describe_scaling_groups", scaling_group_names=["nodes"]).scaling_groups
    assert (group.max_size, group.removal_policies) == (5, ["NewestInstance"])
    ess("delete_scaling_group", scaling_group_id=group_id, force_delete=True)
    left = cloud.counts()
    assert not {"scaling_group", "scaling_configuration", "instance"} & left.keys()


def test_a_scaling_configuration_is_changed_and_deleted(ess, group_id, configuration_id):
    target = {"scaling_configuration_id": configuration_id}
    ess("modify_scaling_configuration", **target, instance_types=["ecs.g7.xlarge"])
    (shown,) = ess("describe_scaling_configurations", scaling_group_id=group_id).scaling_configurations
    assert shown.instance_types == ["ecs.g7.xlarge"]
    ess("delete_scaling_configuration", **target)
    assert ess("describe_scaling_configurations", scaling_group_id=group_id).scaling_configurations == []


def test_scaling_groups_are_paged_to_the_end(ess, vswitch_id):
    sizes = {"min_size": 0, "max_size": 1, "v_switch_ids": [vswitch_id]}
    made = {
        ess("create_scaling_group", scaling_group_name=f"group-{number}", **sizes).scaling_group_id
        for number in range(5)
    }
    pages = [ess("describe_scaling_groups", page_number=number, page_size=2) for number in (1, 2, 3)]
    found = [group.scaling_group_id for page in pages for group in page.scaling_groups]
    assert (set(found), len(found), pages[0].total_count) == (made, 5, 5)


def test_scaling_groups_are_tagged_found_and_untagged(ess, group_id, vswitch_id):
    sizes = {"min_size": 0, "max_size": 1, "v_switch_ids": [vswitch_id]}
    other = ess("create_scaling_group", **sizes, tags=[{"key": "c", "value": "3"}]).scaling_group_id
    target = {"resource_type": "scalinggroup", "resource_ids": [group_id]}
    ess("tag_resources", **target, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    by_tag = {
        key: [one.scaling_group_id for one in ess("describe_scaling_groups", tags=[tag]).scaling_groups]
        for key, tag in {"a": {"key": "a", "value": "1"}, "c": {"key": "c", "value": "3"}}.items()
    }
    assert by_tag == {"a": [group_id], "c": [other]}
    ess("untag_resources", **target, tag_keys=["b"])
    (tag,) = ess("list_tag_resources", **target).tag_resources
    assert (tag.tag_key, tag.tag_value) == ("a", "1")


def test_a_scaling_rule_of_each_type_is_created_changed_executed_and_deleted(ess, group_id, configuration_id):
    simple = {"adjustment_type": "QuantityChangeInCapacity", "adjustment_value": 1, "cooldown": 60}
    made = ess("create_scaling_rule", scaling_group_id=group_id, scaling_rule_name="one-more", **simple)
    ess(
        "create_scaling_rule",
        scaling_group_id=group_id,
        scaling_rule_type="StepScalingRule",
        adjustment_type="QuantityChangeInCapacity",
        step_adjustments=[{"metric_interval_lower_bound": 0, "scaling_adjustment": 2}],
    )
    (shown,) = ess("describe_scaling_rules", scaling_rule_names=["one-more"]).scaling_rules
    assert (shown.scaling_rule_id, shown.adjustment_value, shown.cooldown) == (made.scaling_rule_id, 1, 60)
    (stepped,) = ess("describe_scaling_rules", scaling_rule_type="StepScalingRule").scaling_rules
    assert [(one.metric_interval_lower_bound, one.scaling_adjustment) for one in stepped.step_adjustments] == [(0.0, 2)]
    ess("modify_scaling_rule", scaling_rule_id=made.scaling_rule_id, adjustment_value=2)
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    executed = ess("execute_scaling_rule", scaling_rule_ari=made.scaling_rule_ari)
    (activity,) = ess(
        "describe_scaling_activities", scaling_group_id=group_id, scaling_activity_ids=[executed.scaling_activity_id]
    ).scaling_activities
    assert (activity.created_capacity, len(activity.created_instances), activity.status_code) == (2, 2, "Successful")
    ess("delete_scaling_rule", scaling_rule_id=made.scaling_rule_id)
    assert ess("describe_scaling_rules", scaling_rule_ids=[made.scaling_rule_id]).scaling_rules == []


def test_an_instance_refresh_replaces_the_instances(ess, group_id, configuration_id, image_id, security_group_id):
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    (before,) = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    second = ess(
        "create_scaling_configuration",
        scaling_group_id=group_id,
        image_id=image_id,
        instance_types=["ecs.g7.xlarge"],
        security_group_id=security_group_id,
    ).scaling_configuration_id
    task_id = ess(
        "start_instance_refresh",
        scaling_group_id=group_id,
        desired_configuration={"scaling_configuration_id": second},
        min_healthy_percentage=0,
        checkpoints=[{"percentage": 100}],
    ).instance_refresh_task_id
    (task,) = ess("describe_instance_refreshes", instance_refresh_task_ids=[task_id]).instance_refresh_tasks
    assert (task.status, task.min_healthy_percentage, task.max_healthy_percentage) == ("Successful", 0, 120)
    assert (task.total_need_update_capacity, task.finished_update_capacity) == (1, 1)
    assert (task.desired_configuration.scaling_configuration_id, task.checkpoints[0].percentage) == (second, 100)
    (after,) = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    assert (after.scaling_configuration_id, after.instance_id == before.instance_id) == (second, False)


def test_instances_are_removed_and_load_balancers_attached(ess, group_id, configuration_id):
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    ess("modify_scaling_group", scaling_group_id=group_id, desired_capacity=2)
    first, second = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    ess("remove_instances", scaling_group_id=group_id, instance_ids=[first.instance_id])
    ess("attach_load_balancers", scaling_group_id=group_id, load_balancers=["lb-1"])
    ess("attach_alb_server_groups", scaling_group_id=group_id, alb_server_groups=[{"alb_server_group_id": "sgp-1"}])
    (group,) = ess("describe_scaling_groups", scaling_group_ids=[group_id]).scaling_groups
    assert (group.desired_capacity, group.load_balancer_ids) == (1, ["lb-1"])
    assert [one.alb_server_group_id for one in group.alb_server_groups] == ["sgp-1"]
    (left,) = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    assert left.instance_id == second.instance_id


# Sts


@pytest.fixture
def session(server, cloud):
    """Return the credentials of somebody who assumed a role."""
    account = cloud.caller(ACCESS_KEY_ID).account_id
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": [f"acs:ram::{account}:root"]}}
    cloud.call(
        cloud.caller(ACCESS_KEY_ID),
        "2015-05-01",
        "CreateRole",
        {
            "RoleName": "deployer",
            "AssumeRolePolicyDocument": json.dumps({"Statement": [statement], "Version": "1"}),
        },
    )
    sts = Sdk("sts", server)
    return sts("assume_role", role_arn=f"acs:ram::{account}:role/deployer", role_session_name="alice").credentials


def test_credentials_of_a_session_are_taken_with_their_token(session, server, vpc_id):
    sdk = Sdk(
        "vpc",
        server,
        access_key_id=session.access_key_id,
        secret=session.access_key_secret,
        security_token=session.security_token,
    )
    assert [one.vpc_id for one in sdk("describe_vpcs").vpcs.vpc] == [vpc_id]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"security_token": None}, "MissingSecurityToken"),
        ({"security_token": "another"}, "InvalidSecurityToken.Malformed"),
        ({"secret": "another"}, "SignatureDoesNotMatch"),
    ],
)
def test_credentials_of_a_session_are_refused_when_one_is_wrong(session, server, changes, code):
    given = {
        "access_key_id": session.access_key_id,
        "secret": session.access_key_secret,
        "security_token": session.security_token,
        **changes,
    }
    assert Sdk("vpc", server, **given).refused("describe_vpcs").code == code


def test_the_caller_is_told_who_it_is(server, cloud):
    method = Sdk("sts", server).client.get_caller_identity
    assert method().body.account_id == cloud.caller(ACCESS_KEY_ID).account_id


# Refusals


VPC_REFUSALS = [
    ("create_vpc", {"cidr_block": "8.8.8.0/24"}, 400, "InvalidParameter"),
    ("create_vpc", {"cidr_block": "10.0.0.0/8", "region_id": "eu-central-9"}, 404, "InvalidRegionId.NotFound"),
    ("describe_vpc_attribute", {}, 400, "MissingVpcId"),
    ("describe_vpc_attribute", {"vpc_id": "vpc-missing"}, 404, "InvalidVpcId.NotFound"),
    ("delete_vpc", {"vpc_id": "vpc-missing"}, 404, "InvalidVpcId.NotFound"),
    ("delete_vswitch", {"v_switch_id": "vsw-missing"}, 404, "InvalidVswitchID.NotFound"),
    ("describe_vpcs", {"page_size": 1000}, 400, "InvalidParameter"),
    ("release_eip_address", {"allocation_id": "eip-missing"}, 404, "InvalidAllocationId.NotFound"),
    ("delete_nat_gateway", {"nat_gateway_id": "ngw-missing"}, 404, "InvalidNatGatewayId.NotFound"),
    ("tag_resources", {"resource_type": "VPC", "resource_id": ["vpc-1"]}, 404, "InvalidResourceId.NotFound"),
    ("create_dhcp_options_set", {"domain_name": "example.org"}, 404, "InvalidAction.NotFound"),
]
ECS_REFUSALS = [
    ("create_security_group", {"vpc_id": "vpc-missing"}, 404, "InvalidVpcId.NotFound"),
    ("delete_security_group", {}, 400, "MissingSecurityGroupId"),
    ("delete_security_group", {"security_group_id": "sg-missing"}, 404, "InvalidSecurityGroupId.NotFound"),
    ("describe_security_group_attribute", {"security_group_id": "sg-1"}, 404, "InvalidSecurityGroupId.NotFound"),
    ("authorize_security_group", {"security_group_id": "sg-1"}, 404, "InvalidSecurityGroupId.NotFound"),
    (
        "import_key_pair",
        {"key_pair_name": "a-key", "public_key_body": "nonsense"},
        400,
        "InvalidPublicKeyBody.Malformed",
    ),
    ("create_key_pair", {}, 400, "MissingKeyPairName"),
    ("describe_images", {"page_size": 1000}, 400, "InvalidParameter"),
    ("describe_key_pairs", {"region_id": "eu-central-9"}, 404, "InvalidRegionId.NotFound"),
    ("tag_resources", {"resource_type": "spaceship", "resource_id": ["a"]}, 404, "InvalidResourceType.NotFound"),
    ("create_image", {}, 404, "InvalidAction.NotFound"),
]
ESS_REFUSALS = [
    ("create_scaling_group", {"max_size": 1}, 400, "MissingMinSize"),
    ("create_scaling_group", {"min_size": 3, "max_size": 1}, 400, "InvalidParameter.Conflict"),
    ("create_scaling_group", {"min_size": 0, "max_size": 1}, 400, "ResourceNotAvailable.ClassicNetwork"),
    (
        "create_scaling_group",
        {"min_size": 0, "max_size": 1, "v_switch_ids": ["vsw-1"]},
        404,
        "InvalidVSwitchId.NotFound",
    ),
    ("modify_scaling_group", {"scaling_group_id": "asg-1"}, 404, "InvalidScalingGroupId.NotFound"),
    ("enable_scaling_group", {"scaling_group_id": "asg-1"}, 404, "InvalidScalingGroupId.NotFound"),
    ("delete_scaling_group", {"scaling_group_id": "asg-1"}, 404, "InvalidScalingGroupId.NotFound"),
    ("create_scaling_configuration", {"scaling_group_id": "asg-1"}, 404, "InvalidScalingGroupId.NotFound"),
    (
        "delete_scaling_configuration",
        {"scaling_configuration_id": "asc-1"},
        404,
        "InvalidScalingConfigurationId.NotFound",
    ),
    (
        "untag_resources",
        {"resource_type": "scalinggroup", "resource_ids": ["a"], "tag_keys": ["b"]},
        404,
        "InvalidResourceId.NotFound",
    ),
    ("create_scaling_rule", {"scaling_group_id": "asg-1"}, 404, "InvalidScalingGroupId.NotFound"),
    ("delete_scaling_rule", {"scaling_rule_id": "asr-1"}, 404, "InvalidScalingRuleId.NotFound"),
    ("start_instance_refresh", {"scaling_group_id": "asg-1"}, 404, "InvalidScalingGroupId.NotFound"),
    ("create_alarm", {}, 404, "InvalidAction.NotFound"),
]
REFUSALS = [
    (product, *refusal)
    for product, refusals in (("vpc", VPC_REFUSALS), ("ecs", ECS_REFUSALS), ("ess", ESS_REFUSALS))
    for refusal in refusals
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: "-".join((*refusal[:2], refusal[-1])))
def test_a_refusal_is_the_sdks_exception(server, cloud, refusal):
    product, action, parameters, status, code = refusal
    error = Sdk(product, server).refused(action, **parameters)
    assert (error.status_code, error.code) == (status, code)
    assert error.request_id == cloud.access_log()[-1].request_id


def test_dependencies_are_refused(vpc, vpc_id, vswitch_id):
    assert vpc.refused("delete_vpc", vpc_id=vpc_id).code == "DependencyViolation.VSwitch"


def test_an_active_configuration_is_not_deleted(ess, group_id, configuration_id):
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    error = ess.refused("delete_scaling_configuration", scaling_configuration_id=configuration_id)
    assert error.code == "IncorrectScalingConfigurationLifecycleState"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "another-secret"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "LTAInobody"}, "InvalidAccessKeyId.NotFound"),
    ],
)
@pytest.mark.parametrize("product", ["vpc", "ecs", "ess"])
def test_a_stranger_is_refused(server, product, changes, code):
    action = {"vpc": "describe_vpcs", "ecs": "describe_key_pairs", "ess": "describe_scaling_groups"}[product]
    error = Sdk(product, server, **changes).refused(action)
    assert error.code == code
    assert "secret" not in str(error)


def test_the_sdk_comes_over_tls_and_trusts_the_sandboxs_authority(server, cloud):
    sdk = Sdk("vpc", server, protocol="https", ca=str(server.ca_path))
    made = sdk("create_vpc", cidr_block="10.0.0.0/8").vpc_id
    assert sdk("describe_vpcs").vpcs.vpc[0].vpc_id == made
