# The network of one shoot: a VPC, per zone a vSwitch with its own egress, and the access to the nodes.
#
# VPC, NAT gateway and EIPs may be the user's: then they come as ids, and nothing here changes or deletes them.
#
# vSwitches, NAT gateway, EIPs and IPv6 gateway are tagged in a second call after their creation. Their description names
# the owner from the beginning; it is ignored afterwards, so that it does not affect existing objects.
#
# Everything per zone is keyed by the zone's name, so appending a zone adds objects and changes none, and
# removing one removes only its own objects.

locals {
  # Ports 23 and 514 (telnet, rsh) stay closed even between nodes.
  node_port_ranges = ["1/22", "24/513", "515/65535"]

  # The key is part of the resource address, so it is readable and never depends on a list position.
  security_group_rules = merge(
    {
      "tcp-30000-32767" = { ip_protocol = "tcp", port_range = "30000/32767", cidr_ip = "0.0.0.0/0" }
    },
    {
      for rule in setproduct(["tcp", "udp"], local.node_port_ranges) : "${rule[0]}-${replace(rule[1], "/", "-")}" => {
        ip_protocol = rule[0]
        port_range  = rule[1]
        cidr_ip     = var.vpc.cidr
      }
    },
    {
      for cidr in var.pod_cidr[*] : "all-pods" => { ip_protocol = "all", port_range = "-1/-1", cidr_ip = cidr }
    },
  )

  # The user's objects, or those created here; null in a refresh of a state that does not have all of them yet.
  vpc_id         = var.vpc.id != null ? var.vpc.id : one(alicloud_vpc.this[*].id)
  nat_gateway_id = var.nat_gateway.id != null ? var.nat_gateway.id : one(alicloud_nat_gateway.this[*].id)
  # A gateway has exactly one SNAT table; the attribute is plural because it once could have had several.
  snat_table_id = (
    var.nat_gateway.id != null ? var.nat_gateway.snat_table_id : one(alicloud_nat_gateway.this[*].snat_table_ids)
  )
  eips = {
    for zone, given in var.zones : zone => (
      given.eip != null
      ? { id = given.eip.id, ip_address = given.eip.ip_address }
      : {
        id         = try(alicloud_eip_address.nat[zone].id, null)
        ip_address = try(alicloud_eip_address.nat[zone].ip_address, null)
      }
    )
  }
  # Null without dual stack. The system route table leads to the gateway as soon as there is one.
  ipv6_gateway_id = (
    var.ipv6 == null ? null : var.vpc.id != null ? var.ipv6.gateway_id : one(alicloud_vpc_ipv6_gateway.this[*].id)
  )
}

resource "alicloud_vpc" "this" {
  count = var.vpc.id == null ? 1 : 0

  vpc_name    = var.vpc.name
  cidr_block  = var.vpc.cidr
  enable_ipv6 = var.ipv6 == null ? null : true
  tags = merge(var.tags, lookup(var.kept_tags, "vpc", {}), {
    Name              = var.vpc.name_tag
    "provisioner/key" = "vpc"
  })
}

resource "alicloud_vswitch" "nodes" {
  for_each = var.zones

  vpc_id       = local.vpc_id
  zone_id      = each.key
  cidr_block   = each.value.cidr
  vswitch_name = each.value.vswitch_name
  description  = var.owner_description
  # The number of its /64 in the VPC's /56.
  enable_ipv6          = var.ipv6 == null ? null : true
  ipv6_cidr_block_mask = var.ipv6 == null ? null : each.value.ipv6_block
  tags = merge(var.tags, lookup(var.kept_tags, "vswitch/${each.key}", {}), {
    Name              = each.value.vswitch_name_tag
    "provisioner/key" = "vswitch/${each.key}"
  })

  lifecycle {
    ignore_changes = [description]

    precondition {
      condition     = startswith(each.key, var.region)
      error_message = "Zone ${each.key} is not in region ${var.region}."
    }

    precondition {
      # The zone's first address, cut to the VPC's prefix length, is the VPC's own network address. A VPC that exists may
      # have further ranges.
      condition = var.vpc.id != null || (
        tonumber(split("/", each.value.cidr)[1]) >= tonumber(split("/", var.vpc.cidr)[1]) &&
        cidrsubnet("${cidrhost(each.value.cidr, 0)}/${split("/", var.vpc.cidr)[1]}", 0, 0) == var.vpc.cidr
      )
      error_message = "The CIDR ${each.value.cidr} of zone ${each.key} is not inside the VPC's ${var.vpc.cidr}."
    }

    precondition {
      condition     = var.ipv6 == null || each.value.ipv6_block != null
      error_message = "Zone ${each.key} has no ipv6_block, which dual stack needs: the number of its /64."
    }
  }
}

# Enhanced is the only type that can still be bought; PayByLcu is the only charge type it has.
resource "alicloud_nat_gateway" "this" {
  count = var.nat_gateway.id == null ? 1 : 0

  vpc_id               = local.vpc_id
  vswitch_id           = alicloud_vswitch.nodes[var.nat_gateway.zone].id
  nat_gateway_name     = var.nat_gateway.name
  description          = var.owner_description
  nat_type             = "Enhanced"
  network_type         = "internet"
  payment_type         = "PayAsYouGo"
  internet_charge_type = "PayByLcu"
  tags = merge(var.tags, lookup(var.kept_tags, "nat-gateway", {}), {
    Name              = var.nat_gateway.name
    "provisioner/key" = "nat-gateway"
  })

  lifecycle {
    # An Enhanced gateway stays in the vSwitch it was created in. The provider would ask the cloud to upgrade it from Normal
    # once more, which fails; a new order of zones must not do that to a gateway in service.
    ignore_changes = [vswitch_id, description]

    precondition {
      condition     = contains(keys(var.zones), var.nat_gateway.zone)
      error_message = "nat_gateway.zone is ${var.nat_gateway.zone}, which is not one of zones: ${join(", ", keys(var.zones))}."
    }
  }
}

# All EIPs of one gateway must have one charge type, and it cannot be changed later.
resource "alicloud_eip_address" "nat" {
  for_each = { for zone, given in var.zones : zone => given if given.eip == null }

  address_name         = each.value.eip_name
  description          = var.owner_description
  bandwidth            = "100"
  payment_type         = "PayAsYouGo"
  internet_charge_type = var.eip_charge_type
  tags = merge(var.tags, lookup(var.kept_tags, "eip/${each.key}", {}), {
    Name              = each.value.eip_name
    "provisioner/key" = "eip/${each.key}"
  })

  lifecycle {
    # Only a replacement could change the charge type, and with it the shoot's egress address.
    ignore_changes = [internet_charge_type, description]
  }
}

resource "alicloud_eip_association" "nat" {
  for_each = var.zones

  allocation_id = local.eips[each.key].id
  instance_id   = local.nat_gateway_id
  instance_type = "Nat"

  lifecycle {
    # Another address is bound before the SNAT entry changes to it, and the old one is unbound only after that: the
    # gateway keeps an address that an entry uses.
    create_before_destroy = true
  }
}

resource "alicloud_snat_entry" "nodes" {
  for_each = var.zones

  snat_table_id     = local.snat_table_id
  source_vswitch_id = alicloud_vswitch.nodes[each.key].id
  snat_ip           = local.eips[each.key].ip_address
  snat_entry_name   = each.value.snat_entry_name

  # Nothing above refers to the association, yet the gateway refuses an address that is not bound to it, and an address
  # cannot be unbound while an entry uses it.
  depends_on = [alicloud_eip_association.nat]
}

# The shoot's own table, for a VPC that several shoots share: the system table leads to one NAT gateway only.
resource "alicloud_route_table" "this" {
  count = var.route_table == null ? 0 : 1

  vpc_id           = local.vpc_id
  route_table_name = var.route_table.name
  associate_type   = "VSwitch"
  tags = merge(var.tags, lookup(var.kept_tags, "route-table", {}), {
    Name              = var.route_table.name
    "provisioner/key" = "route-table"
  })
}

resource "alicloud_route_entry" "default" {
  count = length(alicloud_route_table.this)

  name                  = var.route_table.default_route_name
  route_table_id        = alicloud_route_table.this[0].id
  destination_cidrblock = "0.0.0.0/0"
  nexthop_type          = "NatGateway"
  nexthop_id            = local.nat_gateway_id
}

resource "alicloud_route_entry" "ipv6" {
  count = var.ipv6 == null ? 0 : length(alicloud_route_table.this)

  name                  = var.route_table.ipv6_route_name
  route_table_id        = alicloud_route_table.this[0].id
  destination_cidrblock = "::/0"
  nexthop_type          = "Ipv6Gateway"
  nexthop_id            = local.ipv6_gateway_id
}

resource "alicloud_route_table_attachment" "nodes" {
  for_each = var.route_table == null ? {} : alicloud_vswitch.nodes

  vswitch_id     = each.value.id
  route_table_id = alicloud_route_table.this[0].id

  # A vSwitch that uses the table before it has a default route would be cut off.
  depends_on = [alicloud_route_entry.default, alicloud_route_entry.ipv6]
}

resource "alicloud_vpc_ipv6_gateway" "this" {
  count = var.ipv6 != null && var.vpc.id == null ? 1 : 0

  vpc_id            = local.vpc_id
  ipv6_gateway_name = var.ipv6.gateway_name
  description       = var.owner_description
  tags = merge(var.tags, lookup(var.kept_tags, "ipv6-gateway", {}), {
    Name              = var.ipv6.gateway_name
    "provisioner/key" = "ipv6-gateway"
  })

  lifecycle {
    ignore_changes = [description]
  }
}

resource "alicloud_security_group" "nodes" {
  vpc_id              = local.vpc_id
  security_group_name = var.security_group.name
  description         = var.security_group.description
  tags = merge(var.tags, lookup(var.kept_tags, "security-group", {}), {
    Name              = var.security_group.name
    "provisioner/key" = "security-group"
  })

  lifecycle {
    precondition {
      condition     = contains(keys(var.tags), "kubernetes.io/cluster/${var.cluster_name}")
      error_message = "tags must contain kubernetes.io/cluster/${var.cluster_name}: without it nothing finds the shoot's resources again."
    }
  }
}

resource "alicloud_security_group_rule" "ingress" {
  for_each = local.security_group_rules

  security_group_id = alicloud_security_group.nodes.id
  type              = "ingress"
  # A group inside a VPC knows only this one; left out, the provider writes "<nil>" into the rule's id.
  nic_type    = "intranet"
  policy      = "accept"
  priority    = 1
  ip_protocol = each.value.ip_protocol
  port_range  = each.value.port_range
  cidr_ip     = each.value.cidr_ip
}

resource "alicloud_ecs_key_pair" "nodes" {
  # A set of none or one name instead of count: switching SSH access on and off never moves an address.
  for_each = toset(var.key_pair[*].name)

  key_pair_name = each.key
  public_key    = trimspace(var.key_pair.public_key)
  tags = merge(var.tags, lookup(var.kept_tags, "key-pair", {}), {
    Name              = each.key
    "provisioner/key" = "key-pair"
  })

  lifecycle {
    # The cloud can neither change nor read back the key of a key pair, and refuses to delete one that instances use. A
    # rotated key reaches the nodes with their user data; here it would be an update that does nothing.
    ignore_changes = [public_key]
  }
}
