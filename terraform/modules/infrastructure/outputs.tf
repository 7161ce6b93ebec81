output "vpc_id" {
  description = "ID of the VPC."
  value       = local.vpc_id
}

output "vpc_cidr" {
  description = "IPv4 CIDR of the VPC."
  value       = var.vpc.cidr
}

output "vswitch_ids" {
  description = "ID of the nodes' vSwitch, by zone."
  value       = { for zone, vswitch in alicloud_vswitch.nodes : zone => vswitch.id }
}

output "security_group_id" {
  description = "ID of the nodes' security group."
  value       = alicloud_security_group.nodes.id
}

output "nat_gateway_id" {
  description = "ID of the NAT gateway."
  value       = local.nat_gateway_id
}

output "route_table_id" {
  description = "ID of the shoot's own route table; null when it uses the VPC's system table."
  value       = one(alicloud_route_table.this[*].id)
}

output "egress_cidrs" {
  description = "Source address of the nodes' traffic, as a /32, by zone."
  value       = { for zone, eip in local.eips : zone => try("${eip.ip_address}/32", null) }
}

output "key_pair_name" {
  description = "Name of the nodes' SSH key pair; null when there is none."
  value       = one(values(alicloud_ecs_key_pair.nodes)[*].key_pair_name)
}
