output "zones" {
  description = "Per zone: the ids of the scaling group and its configuration, the group's name, minimum and maximum."
  value = {
    for zone, group in alicloud_ess_scaling_group.nodes : zone => {
      scaling_group_id         = group.id
      scaling_configuration_id = alicloud_ess_scaling_configuration.nodes[zone].id
      scaling_group_name       = group.scaling_group_name
      minimum                  = group.min_size
      maximum                  = group.max_size
    }
  }
}
