"""
The real aliyun/alicloud provider on the sandbox's Ecs: instances, launch templates, shared images and data sources.

Two minutes, because the provider waits ten seconds for each instance it starts or releases, five for each VPC, and
starts again for every step.
"""

from __future__ import annotations

import base64
from functools import reduce
from typing import Any

import pytest

from tests.contract.real_provider import CONVERGED, MISSING, REAL_PROVIDER, RealProvider

pytestmark = pytest.mark.skipif(not REAL_PROVIDER, reason=MISSING)

ECS = "2014-05-26"
PUBLIC_KEY = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa" + bytes(64)).decode()
OTHER_ACCOUNT = "1234567890123456"

CONFIGURATION = """
data "alicloud_images" "linux" {
  owners       = "system"
  name_regex   = "^ubuntu_24"
  architecture = "x86_64"
  most_recent  = true
}

data "alicloud_zones" "for_instances" {
  available_resource_creation = "Instance"
  available_instance_type     = "ecs.g7.large"
}

data "alicloud_regions" "current" {
  current = true
}

data "alicloud_account" "this" {}

data "alicloud_caller_identity" "this" {}

resource "alicloud_vpc" "main" {
  vpc_name   = "main"
  cidr_block = "10.0.0.0/8"
}

resource "alicloud_vswitch" "a" {
  vpc_id     = alicloud_vpc.main.id
  zone_id    = data.alicloud_zones.for_instances.zones[0].id
  cidr_block = "10.0.0.0/24"
}

resource "alicloud_security_group" "nodes" {
  security_group_name = "nodes"
  description         = "nodes of a cluster"
  vpc_id              = alicloud_vpc.main.id
  tags                = { role = "node" }
}

resource "alicloud_security_group" "more" {
  security_group_name = "more"
  vpc_id              = alicloud_vpc.main.id
}

resource "alicloud_security_group_rule" "ssh" {
  security_group_id = alicloud_security_group.nodes.id
  type              = "ingress"
  ip_protocol       = "tcp"
  nic_type          = "intranet"
  port_range        = "22/22"
  cidr_ip           = "10.0.0.0/8"
  description       = "ssh"
}

resource "alicloud_security_group_rule" "out" {
  security_group_id = alicloud_security_group.nodes.id
  type              = "egress"
  ip_protocol       = "all"
  nic_type          = "intranet"
  port_range        = "-1/-1"
  cidr_ip           = "0.0.0.0/0"
}

resource "alicloud_ecs_key_pair" "operator" {
  key_pair_name = "operator"
  public_key    = "PUBLIC_KEY"
  tags          = { role = "node" }
}

resource "alicloud_ecs_launch_template" "nodes" {
  launch_template_name = "nodes"
  version_description  = "the first"
  image_id             = data.alicloud_images.linux.images[0].id
  instance_type        = "ecs.g7.large"
  key_pair_name        = alicloud_ecs_key_pair.operator.key_pair_name
  security_group_ids   = [alicloud_security_group.nodes.id]
  vswitch_id           = alicloud_vswitch.a.id
  user_data            = base64encode("#!/bin/sh")
  tags                 = { role = "node" }
  template_tags        = { owner = "me" }
  system_disk {
    category             = "cloud_essd"
    size                 = 40
    delete_with_instance = true
  }
  data_disks {
    name                 = "data"
    category             = "cloud_efficiency"
    size                 = 20
    delete_with_instance = true
  }
  network_interfaces {
    name              = "eth0"
    vswitch_id        = alicloud_vswitch.a.id
    security_group_id = alicloud_security_group.nodes.id
  }
}

resource "alicloud_instance" "node" {
  instance_name        = "node"
  image_id             = data.alicloud_images.linux.images[0].id
  instance_type        = "ecs.g7.large" # of the instance
  vswitch_id           = alicloud_vswitch.a.id
  security_groups      = [alicloud_security_group.nodes.id] # of the instance
  key_name             = alicloud_ecs_key_pair.operator.key_pair_name
  system_disk_category = "cloud_essd"
  system_disk_size     = 40
  user_data            = base64encode("#!/bin/sh\\necho of the instance")
  tags                 = { role = "node" } # of the instance
}

resource "alicloud_image_share_permission" "with_another" {
  image_id   = "m-own"
  account_id = "OTHER_ACCOUNT"
}

data "alicloud_security_groups" "nodes" {
  ids            = [alicloud_security_group.nodes.id]
  vpc_id         = alicloud_vpc.main.id
  tags           = { role = "node" }
  enable_details = true
}

data "alicloud_ecs_key_pairs" "operator" {
  ids  = [alicloud_ecs_key_pair.operator.id]
  tags = { role = "node" }
}

data "alicloud_instances" "nodes" {
  ids = [alicloud_instance.node.id]
}

data "alicloud_ecs_launch_templates" "nodes" {
  ids = [alicloud_ecs_launch_template.nodes.id]
}
""".replace("PUBLIC_KEY", PUBLIC_KEY).replace("OTHER_ACCOUNT", OTHER_ACCOUNT)

# What is written: what it is changed to.
CHANGES = {
    'description       = "ssh"': 'description       = "ssh from inside"',
    'description         = "nodes of a cluster"': 'description         = "nodes"',
    'version_description  = "the first"': 'version_description  = "the second"\n  update_default_version_number = true',
    'template_tags        = { owner = "me" }': 'template_tags        = { owner = "you" }',
    'instance_name        = "node"': 'instance_name        = "node-1"\n  internet_max_bandwidth_out = 5',
    'instance_type        = "ecs.g7.large" # of the instance': 'instance_type        = "ecs.g7.xlarge"',
    "system_disk_size     = 40": "system_disk_size     = 50",
    "[alicloud_security_group.nodes.id] # of the instance": "[alicloud_security_group.nodes.id, "
    "alicloud_security_group.more.id]",
    "echo of the instance": "echo of the changed instance",
    'tags                 = { role = "node" } # of the instance': 'tags                 = { pool = "cpu" }',
}


def found(real_provider: RealProvider) -> dict[str, object]:
    """Return what the data sources found."""
    state = real_provider.attributes()

    def data(address: str) -> dict[str, Any]:
        return state[f"data.alicloud_{address}"]

    return {
        "account": data("account.this")["id"],
        "arn": data("caller_identity.this")["arn"],
        "image": data("images.linux")["images"][0]["id"],
        "instances": data("instances.nodes")["names"],
        "key_pairs": data("ecs_key_pairs.operator")["names"],
        "launch_templates": data("ecs_launch_templates.nodes")["names"],
        "region": data("regions.current")["ids"],
        "security_groups": data("security_groups.nodes")["names"],
        "zones": data("zones.for_instances")["ids"],
    }


def test_the_real_provider_creates_changes_imports_and_removes_what_ecs_has(real_provider: RealProvider) -> None:
    cloud, account = real_provider.cloud, real_provider.caller.account_id
    cloud.add_image("m-own", "eu-central-1", owner=account)
    real_provider.write(CONFIGURATION)
    assert real_provider.converge() == CONVERGED
    assert found(real_provider) == {
        "account": account,
        "arn": f"acs:ram::{account}:root",
        "image": "ubuntu_24_04_x64_20G_alibase_20240812.vhd",
        "instances": ["node"],
        "key_pairs": ["operator"],
        "launch_templates": ["nodes"],
        "region": ["eu-central-1"],
        "security_groups": ["nodes"],
        "zones": ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
    }
    assert real_provider.call(ECS, "DescribeImageSharePermission", ImageId="m-own")["TotalCount"] == 1

    real_provider.write(reduce(lambda text, change: text.replace(*change), CHANGES.items(), CONFIGURATION))
    assert real_provider.converge() == CONVERGED
    node = real_provider.attributes()["alicloud_instance.node"]
    wanted = ("status", "instance_type", "system_disk_size", "internet_max_bandwidth_out", "tags")
    assert [node[name] for name in wanted] == ["Running", "ecs.g7.xlarge", 50, 5, {"pool": "cpu"}]
    assert (len(node["security_groups"]), node["public_ip"] != "") == (2, True)
    assert base64.b64decode(node["user_data"]) == b"#!/bin/sh\necho of the changed instance"
    template = real_provider.attributes()["alicloud_ecs_launch_template.nodes"]
    assert (template["default_version_number"], template["latest_version_number"]) == (2, 2)

    state = real_provider.state_path.read_bytes()
    plan = real_provider.plan_import(real_provider.ids())
    # Nothing of this is ever read back.
    unreadable = {
        "alicloud_ecs_key_pair.operator": "public_key",
        "alicloud_ecs_launch_template.nodes": "update_default_version_number",
        "alicloud_instance.node": "dry_run",
    }
    assert (plan.errors, plan.replaced) == ([], [])
    assert {address: change for address, change in plan.changes.items() if change != "import"} == {
        address: f"update: {attribute}" for address, attribute in unreadable.items()
    }
    (real_provider.directory / "imports.tf.json").unlink()
    real_provider.state_path.write_bytes(state)

    assert real_provider.destroy() == []
    assert cloud.counts() == {}
