"""What is refused is the SDK's own exception, with status and code of the service."""

from __future__ import annotations

import pytest

from tests.contract.sdks.sdk import QUIET, Sdk

pytestmark = QUIET

VPC_REFUSALS = [
    ("create_vpc", {"cidr_block": "100.64.0.0/16"}, 400, "InvalidParameter"),
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
SLB_REFUSALS = [
    ("create_load_balancer", {}, 400, "ShareSlbHaltSales"),
    (
        "create_load_balancer",
        {"instance_charge_type": "PayByCLCU", "v_switch_id": "vsw-1"},
        404,
        "InvalidVSwitchId.NotFound",
    ),
    ("describe_load_balancers", {"page_size": 1000}, 400, "InvalidParameter"),
    ("describe_load_balancer_attribute", {"load_balancer_id": "lb-1"}, 404, "InvalidLoadBalancerId.NotFound"),
    ("describe_vserver_groups", {"load_balancer_id": "lb-1"}, 404, "InvalidLoadBalancerId.NotFound"),
    ("delete_load_balancer", {"load_balancer_id": "lb-1"}, 404, "InvalidLoadBalancerId.NotFound"),
    ("delete_load_balancer", {}, 400, "MissingLoadBalancerId"),
    ("tag_resources", {"resource_type": "instance", "resource_id": ["lb-1"]}, 404, "InvalidResourceId.NotFound"),
    ("create_access_control_list", {}, 404, "InvalidAction.NotFound"),
]
REFUSALS = [
    (product, *refusal)
    for product, refusals in (
        ("vpc", VPC_REFUSALS),
        ("ecs", ECS_REFUSALS),
        ("ess", ESS_REFUSALS),
        ("slb", SLB_REFUSALS),
    )
    for refusal in refusals
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: "-".join((*refusal[:2], refusal[-1])))
def test_a_refusal_is_the_sdks_exception(server, cloud, refusal):
    product, action, parameters, status, code = refusal
    error = Sdk(product, server).refused(action, **parameters)
    assert (error.status_code, error.code) == (status, code)
    assert error.request_id == cloud.access_log()[-1].request_id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "another-secret"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "LTAImissing"}, "InvalidAccessKeyId.NotFound"),
    ],
)
@pytest.mark.parametrize("product", ["vpc", "ecs", "ess", "slb"])
def test_a_stranger_is_refused(server, product, changes, code):
    actions = {
        "vpc": "describe_vpcs",
        "ecs": "describe_key_pairs",
        "ess": "describe_scaling_groups",
        "slb": "describe_load_balancers",
    }
    error = Sdk(product, server, **changes).refused(actions[product])
    assert error.code == code
    assert "secret" not in str(error)
