"""Configurations that are refused before anything is planned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.provider.terraform_side import UNKNOWN, Terraform


@pytest.mark.parametrize(
    ("type_name", "values", "expected"),
    [
        (
            "alicloud_nat_gateway",
            {"vpc_id": "vpc-1", "nat_type": "Foo"},
            ("ERROR", "expected nat_type to be one of [Enhanced Normal], got Foo"),
        ),
        (
            "alicloud_nat_gateway",
            {"vpc_id": "vpc-1", "period": 10},
            ("ERROR", "expected period to be in the range (1 - 9), got 10"),
        ),
        (
            "alicloud_nat_gateway",
            {"vpc_id": "vpc-1", "spec": "Small"},
            (
                "ERROR",
                '"spec": [REMOVED] Field `spec` has been removed from provider version 1.121.0. '
                "New field `specification` instead.",
            ),
        ),
        (
            "alicloud_vpc",
            {"vpc_name": "a", "name": "b"},
            ("ERROR", '"vpc_name": conflicts with name'),
        ),
        (
            "alicloud_vswitch",
            {"cidr_block": "10.0.0.0/24"},
            ("ERROR", '"zone_id": one of `availability_zone,zone_id` must be specified'),
        ),
        (
            "alicloud_vpc",
            {"name": "b"},
            (
                "WARNING",
                "\"name\": [DEPRECATED] Field 'name' has been deprecated since provider version 1.119.0. "
                "New field 'vpc_name' instead.",
            ),
        ),
        (
            "alicloud_ess_scaling_configuration",
            {"scaling_group_id": "asg-1", "data_disk": [{"category": "floppy"}]},
            (
                "ERROR",
                "expected data_disk.0.category to be one of "
                "[all cloud ephemeral_ssd cloud_essd cloud_efficiency cloud_ssd local_disk], got floppy",
            ),
        ),
        (
            "alicloud_ess_scaling_configuration",
            {"scaling_group_id": "asg-1", "instance_type": "g7"},
            ("ERROR", 'expected value of instance_type to match regular expression "^ecs\\..*", got g7'),
        ),
        (
            "alicloud_security_group_rule",
            {"security_group_id": "sg-1", "type": "ingress", "ip_protocol": "tcp"},
            (
                "ERROR",
                '"cidr_ip": one of `cidr_ip,ipv6_cidr_ip,prefix_list_id,source_security_group_id` must be specified',
            ),
        ),
        ("alicloud_vpc", {"id": "vpc-1"}, ("ERROR", '"id": this field cannot be set')),
    ],
)
def test_a_configuration_is_refused_with_the_sdks_text(
    terraform: Terraform, type_name: str, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in terraform.validate(type_name, **values)


def test_what_is_not_known_yet_is_not_refused(terraform: Terraform) -> None:
    assert terraform.validate("alicloud_nat_gateway", vpc_id=UNKNOWN, nat_type=UNKNOWN) == []
