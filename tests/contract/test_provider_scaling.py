"""
Auto Scaling and RAM as the real aliyun/alicloud provider uses them: apply, plan nothing, change, import, destroy.

Without load balancers: the provider looks at one before it attaches it, and there is no Slb here.
"""

from __future__ import annotations

from tests.contract.real_provider import CONVERGED, RealProvider

IMAGE, OTHER_IMAGE = "coreos_2023_4_0_64_30G_alibase_20190319.vhd", "aliyun_3_x64_20G_alibase_20240528.vhd"

NETWORK = """
resource "alicloud_vpc" "main" {
  vpc_name   = "scaling"
  cidr_block = "10.250.0.0/16"
}

resource "alicloud_vswitch" "main" {
  vpc_id     = alicloud_vpc.main.id
  cidr_block = "10.250.0.0/19"
  zone_id    = "eu-central-1a"
}

resource "alicloud_security_group" "main" {
  security_group_name = "nodes"
  vpc_id              = alicloud_vpc.main.id
}
"""

GROUP = """
resource "alicloud_ess_scaling_group" "main" {
  scaling_group_name = "nodes"
  min_size           = 1
  max_size           = %(maximum)s
  desired_capacity   = 2
  removal_policies   = ["OldestInstance"]
  vswitch_ids        = [alicloud_vswitch.main.id]
  db_instance_ids    = ["rm-one"]
  alb_server_group {
    alb_server_group_id = "sgp-one"
    port                = 80
    weight              = 50
  }
  tags = {
    team = "gardener"
  }
}

resource "alicloud_ess_scaling_configuration" "main" {
  scaling_configuration_name = "nodes"
  scaling_group_id           = alicloud_ess_scaling_group.main.id
  image_id                   = "%(image)s"
  instance_type              = "ecs.g7.large"
  security_group_id          = alicloud_security_group.main.id
  system_disk_category       = "cloud_essd"
  system_disk_size           = 50
  user_data                  = base64encode("#!/bin/sh")
  active                     = true
  enable                     = true
  force_delete               = true
  data_disk {
    name                 = "kubelet"
    category             = "cloud_essd"
    size                 = 40
    delete_with_instance = true
    encrypted            = true
  }
  tags = {
    role = "worker"
  }
}

resource "alicloud_ess_scaling_rule" "simple" {
  scaling_group_id  = alicloud_ess_scaling_group.main.id
  scaling_rule_name = "more"
  adjustment_type   = "QuantityChangeInCapacity"
  adjustment_value  = %(adjustment)s
  cooldown          = 60
}

resource "alicloud_ess_scaling_rule" "tracking" {
  scaling_group_id  = alicloud_ess_scaling_group.main.id
  scaling_rule_type = "TargetTrackingScalingRule"
  metric_name       = "CpuUtilization"
  target_value      = 20.5
}

resource "alicloud_ess_scaling_rule" "step" {
  scaling_group_id  = alicloud_ess_scaling_group.main.id
  scaling_rule_type = "StepScalingRule"
  adjustment_type   = "PercentChangeInCapacity"
  step_adjustment {
    metric_interval_lower_bound = "0.000"
    scaling_adjustment          = 50
  }
}

resource "alicloud_ram_role" "main" {
  role_name                   = "nodes"
  description                 = "%(description)s"
  assume_role_policy_document = jsonencode({
    Statement = [{ Action = "sts:AssumeRole", Effect = "Allow", Principal = { Service = ["ecs.aliyuncs.com"] } }]
    Version   = "1"
  })
  tags = {
    team = "%(description)s"
  }
}

resource "alicloud_ram_role_policy_attachment" "main" {
  role_name   = alicloud_ram_role.main.role_name
  policy_name = "AliyunECSReadOnlyAccess"
  policy_type = "System"
}
"""

REFRESH = """
resource "alicloud_ess_instance_refresh" "main" {
  scaling_group_id               = alicloud_ess_scaling_configuration.main.scaling_group_id
  desired_configuration_image_id = "%(image)s"
  min_healthy_percentage         = 50
  max_healthy_percentage         = 150
  skip_matching                  = false
  checkpoints {
    percentage = 100
  }
}
"""

FIRST = {"maximum": 3, "image": IMAGE, "adjustment": 1, "description": "first"}
SECOND = {"maximum": 5, "image": OTHER_IMAGE, "adjustment": 2, "description": "second"}


def images(real_provider: RealProvider) -> set[str]:
    """Return the images of the running instances."""
    answer = real_provider.call("2014-05-26", "DescribeInstances")
    return {one["ImageId"] for one in answer["Instances"]["Instance"]}


def test_a_group_with_rules_and_a_role_lives_a_whole_life(real_provider: RealProvider) -> None:
    real_provider.write(NETWORK + GROUP % FIRST)
    assert real_provider.converge() == CONVERGED
    assert real_provider.cloud.counts()["instance"] == 2

    # A configuration that is modified in place leaves the instances as they are; a refresh replaces them.
    real_provider.write(NETWORK + GROUP % SECOND + REFRESH % SECOND)
    assert real_provider.converge() == CONVERGED
    assert images(real_provider) == {OTHER_IMAGE}
    attributes = real_provider.attributes()
    rule = attributes["alicloud_ess_scaling_rule.simple"]
    role = attributes["alicloud_ram_role.main"]
    assert (rule["adjustment_value"], role["description"], role["tags"]) == (2, "second", {"team": "second"})

    planned = real_provider.plan_import(real_provider.ids())
    assert (planned.errors, planned.replaced) == ([], [])
    # The provider does not read back all that it writes of a group, a configuration and a step rule.
    assert planned.changes.keys() - {a for a, change in planned.changes.items() if change == "import"} == {
        "alicloud_ess_scaling_group.main",
        "alicloud_ess_scaling_configuration.main",
        "alicloud_ess_scaling_rule.step",
    }
    assert real_provider.converge() == CONVERGED

    assert real_provider.destroy() == []
    assert real_provider.cloud.counts() == {}
