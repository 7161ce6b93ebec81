# One worker pool: per zone an ESS scaling group with one scaling configuration.
#
# A changed configuration is modified in place: existing nodes keep running, new ones follow it. Nothing here may make
# Terraform destroy a configuration before its successor exists: the provider deletes a group, nodes included, together with
# its last configuration. Hence create_before_destroy, no replace_triggered_by and no key that depends on content.

resource "alicloud_ess_scaling_group" "nodes" {
  for_each = var.zones

  scaling_group_name = each.value.scaling_group_name
  vswitch_ids        = [each.value.vswitch_id]
  min_size           = each.value.minimum
  max_size           = each.value.maximum
  desired_capacity   = each.value.desired

  # When the group shrinks, nodes of an outdated configuration go first.
  removal_policies = ["OldestScalingConfiguration", "OldestInstance"]

  tags = merge(var.tags, lookup(var.kept_tags, "scaling-group/${var.pool_name}/${each.key}", {}), {
    Name              = each.value.scaling_group_name
    "provisioner/key" = "scaling-group/${var.pool_name}/${each.key}"
  })

  lifecycle {
    # An operator protects a group from deletion, or machines from being scaled in; what is not named would be taken away.
    ignore_changes = [group_deletion_protection, protected_instances]

    precondition {
      condition     = startswith(each.key, var.region)
      error_message = "Zone ${each.key} is not in region ${var.region}."
    }

    precondition {
      condition     = contains(keys(var.tags), "kubernetes.io/cluster/${var.cluster_name}")
      error_message = "tags must contain kubernetes.io/cluster/${var.cluster_name}: without it nothing finds the shoot's resources again."
    }
  }
}

resource "alicloud_ess_scaling_configuration" "nodes" {
  for_each = var.zones

  # No scaling_configuration_name: a fixed one would clash when a configuration is created before the one it replaces is
  # gone; left out, ESS takes the configuration's id.
  scaling_group_id = alicloud_ess_scaling_group.nodes[each.key].id

  # `active` makes it the group's configuration, `enable` starts the group. `force_delete` lets destroy remove the last one.
  active       = true
  enable       = true
  force_delete = true

  image_id          = var.image_id
  instance_type     = var.instance_type
  instance_name     = var.instance_name
  security_group_id = var.security_group_id
  key_name          = var.key_pair_name
  user_data         = var.user_data

  # No internet_max_bandwidth_out: without it a node gets no public address and leaves through the NAT gateway.

  system_disk_category  = var.system_disk.category
  system_disk_size      = var.system_disk.size_gib
  system_disk_encrypted = var.system_disk.encrypted

  dynamic "data_disk" {
    for_each = var.data_disks

    content {
      name                 = data_disk.value.name
      category             = data_disk.value.category
      size                 = data_disk.value.size_gib
      encrypted            = data_disk.value.encrypted
      description          = data_disk.value.description
      delete_with_instance = true
    }
  }

  # These are the tags of the nodes; a configuration itself cannot be tagged.
  tags = merge(var.tags, var.instance_tags)

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = length(merge(var.tags, var.instance_tags)) <= 20
      error_message = "A node takes 20 tags; tags and instance_tags together have ${length(merge(var.tags, var.instance_tags))}."
    }
  }
}
