variable "cluster_name" {
  description = "Technical ID of the shoot; every resource carries the tag kubernetes.io/cluster/{cluster_name}."
  type        = string
  nullable    = false

  validation {
    # A Kubernetes namespace name: the technical ID names the control-plane namespace.
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.cluster_name))
    error_message = "cluster_name must be a DNS label: at most 63 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region that holds everything, for example eu-central-1."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z0-9]+)+$", var.region))
    error_message = "region must be an Alibaba Cloud region id such as eu-central-1."
  }
}

variable "tags" {
  description = "Tags of every taggable resource; Name and provisioner/key are added per resource."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.tags) <= 18
    error_message = "A resource takes 20 tags, and two are added per resource: give at most 18."
  }

  validation {
    condition = alltrue([
      for key, value in var.tags : length(key) >= 1 && length(key) <= 128 && length(value) <= 128
    ])
    error_message = "A tag key has 1 to 128 characters and a tag value at most 128."
  }

  validation {
    # The cloud reserves these, and the provider hides such keys from its own reads, so each plan would add them again.
    condition     = alltrue([for key in keys(var.tags) : !can(regex("^(?i:aliyun|acs:)|https?://", key))])
    error_message = "A tag key must not start with aliyun or acs: and must not contain http:// or https://."
  }
}

variable "owner_description" {
  description = "Initial description of objects that are tagged only after their creation: it names the owner; null for none."
  type        = string
  default     = null

  validation {
    # The provider takes nothing else for an IPv6 gateway.
    condition     = var.owner_description == null || can(regex("^[A-Za-z][A-Za-z0-9_-]{2,255}$", var.owner_description))
    error_message = "owner_description must have 3 to 256 letters, digits, '_' and '-', and start with a letter."
  }
}

variable "kept_tags" {
  description = "Foreign tags of resources, by provisioner/key; they stay as they are."
  type        = map(map(string))
  default     = {}
  nullable    = false
}

variable "vpc" {
  description = "The VPC: name, IPv4 CIDR and Name tag of a new one, or ID and IPv4 CIDR of an existing one."
  type = object({
    id       = optional(string)
    cidr     = string
    name     = optional(string)
    name_tag = optional(string)
  })
  nullable = false

  validation {
    condition     = (var.vpc.id == null) != (var.vpc.name == null) && (var.vpc.name == null) == (var.vpc.name_tag == null)
    error_message = "vpc must have either id, for an existing VPC, or name and name_tag, for a new one."
  }

  validation {
    condition     = var.vpc.id == null || can(regex("^vpc-[a-z0-9]+$", var.vpc.id))
    error_message = "vpc.id must be the ID of a VPC, such as vpc-gw8a1b2c3d4e5f6g7h8i9."
  }

  validation {
    condition     = var.vpc.name == null || can(regex("^[A-Za-z][A-Za-z0-9._-]{1,127}$", var.vpc.name))
    error_message = "vpc.name must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."
  }

  validation {
    # cidrnetmask takes IPv4 only; cidrsubnet(x, 0, 0) is x without host bits.
    condition     = can(cidrnetmask(var.vpc.cidr)) && try(cidrsubnet(var.vpc.cidr, 0, 0) == var.vpc.cidr, false)
    error_message = "vpc.cidr must be an IPv4 CIDR without host bits, such as 10.250.0.0/16."
  }

  validation {
    condition     = try(tonumber(split("/", var.vpc.cidr)[1]) >= 8 && tonumber(split("/", var.vpc.cidr)[1]) <= 28, false)
    error_message = "vpc.cidr must have a prefix length from 8 to 28."
  }
}

variable "zones" {
  description = "Per zone: the vSwitch of its nodes, and the EIP, new or existing, and the SNAT entry of their egress."
  type = map(object({
    cidr             = string
    vswitch_name     = string
    vswitch_name_tag = string
    eip_name         = string
    snat_entry_name  = string
    eip = optional(object({
      id         = string
      ip_address = string
    }))
    ipv6_block = optional(number)
  }))
  nullable = false

  validation {
    condition     = length(var.zones) > 0
    error_message = "zones must name at least one zone: the NAT gateway is in the vSwitch of one."
  }

  validation {
    condition     = alltrue([for zone in keys(var.zones) : can(regex("^[a-z]{2,}(-[a-z0-9]+)+$", zone))])
    error_message = "The keys of zones must be zone ids such as eu-central-1a."
  }

  validation {
    condition = alltrue([
      for zone in values(var.zones) : can(cidrnetmask(zone.cidr)) && try(cidrsubnet(zone.cidr, 0, 0) == zone.cidr, false)
    ])
    error_message = "Each zone's cidr must be an IPv4 CIDR without host bits, such as 10.250.0.0/19."
  }

  validation {
    condition = alltrue([
      for zone in values(var.zones) :
      try(tonumber(split("/", zone.cidr)[1]) >= 16 && tonumber(split("/", zone.cidr)[1]) <= 29, false)
    ])
    error_message = "Each zone's cidr must have a prefix length from 16 to 29."
  }

  validation {
    condition = alltrue(flatten([
      for zone in values(var.zones) : [
        for name in [zone.vswitch_name, zone.eip_name, zone.snat_entry_name] :
        can(regex("^[A-Za-z][A-Za-z0-9._-]{1,127}$", name))
      ]
    ]))
    error_message = "Each name in zones must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."
  }
}

variable "nat_gateway" {
  description = "The NAT gateway: name, and zone of the vSwitch of a new one, or ID and SNAT table of an existing one."
  type = object({
    id            = optional(string)
    snat_table_id = optional(string)
    name          = optional(string)
    zone          = optional(string)
  })
  nullable = false

  validation {
    condition = (
      (var.nat_gateway.id == null) != (var.nat_gateway.name == null) &&
      (var.nat_gateway.id == null) == (var.nat_gateway.snat_table_id == null) &&
      (var.nat_gateway.name == null) == (var.nat_gateway.zone == null)
    )
    error_message = "nat_gateway must have either id and snat_table_id, for an existing gateway, or name and zone."
  }

  validation {
    condition     = var.nat_gateway.name == null || can(regex("^[A-Za-z][A-Za-z0-9._-]{1,127}$", var.nat_gateway.name))
    error_message = "nat_gateway.name must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."
  }
}

variable "eip_charge_type" {
  description = "Charge type of new EIPs: the same as for the EIPs that the NAT gateway already has."
  type        = string
  default     = "PayByTraffic"
  nullable    = false

  validation {
    condition     = contains(["PayByTraffic", "PayByBandwidth"], var.eip_charge_type)
    error_message = "eip_charge_type must be PayByTraffic or PayByBandwidth."
  }
}

variable "route_table" {
  description = "Names of the shoot's own route table and of the routes in it; null to use the VPC's system table."
  type = object({
    name               = string
    default_route_name = string
    ipv6_route_name    = string
  })
  default = null

  validation {
    condition = var.route_table == null || alltrue([
      for name in try(values(var.route_table), []) : can(regex("^[A-Za-z][A-Za-z0-9._-]{1,127}$", name))
    ])
    error_message = "Each name in route_table must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."
  }
}

variable "ipv6" {
  description = "For dual stack: name of a new IPv6 gateway, or ID of the one in an existing VPC; null for IPv4 only."
  type = object({
    gateway_name = optional(string)
    gateway_id   = optional(string)
  })
  default = null

  validation {
    condition     = var.ipv6 == null || try((var.ipv6.gateway_name == null) != (var.ipv6.gateway_id == null), false)
    error_message = "ipv6 must have either gateway_name, in a new VPC, or gateway_id, in an existing one."
  }

  validation {
    condition     = try(var.ipv6.gateway_name, null) == null || can(regex("^[A-Za-z][A-Za-z0-9._-]{1,127}$", var.ipv6.gateway_name))
    error_message = "ipv6.gateway_name must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."
  }
}

variable "security_group" {
  description = "The security group of the nodes: its name and description."
  type = object({
    name        = string
    description = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9._-]{1,127}$", var.security_group.name))
    error_message = "security_group.name must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."
  }

  validation {
    condition     = can(regex("^.{2,256}$", var.security_group.description)) && !can(regex("^https?://", var.security_group.description))
    error_message = "security_group.description must be one line of 2 to 256 characters and not start with http:// or https://."
  }
}

variable "pod_cidr" {
  description = "IPv4 CIDR of the pods, whose traffic the nodes accept; null when the shoot has none yet."
  type        = string
  default     = null

  validation {
    condition = var.pod_cidr == null || (
      can(cidrnetmask(var.pod_cidr)) && try(cidrsubnet(var.pod_cidr, 0, 0) == var.pod_cidr, false)
    )
    error_message = "pod_cidr must be null or an IPv4 CIDR without host bits, such as 100.96.0.0/11."
  }
}

variable "key_pair" {
  description = "The SSH key pair of the nodes: its name and OpenSSH public key; null when the shoot has no SSH access."
  type = object({
    name       = string
    public_key = string
  })
  default = null

  validation {
    condition     = var.key_pair == null || can(regex("^[A-Za-z][A-Za-z0-9._-]{1,127}$", var.key_pair.name))
    error_message = "key_pair.name must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."
  }

  validation {
    condition = var.key_pair == null || can(
      regex("^[a-z][A-Za-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}( [^\\n]*)?$", trimspace(var.key_pair.public_key))
    )
    error_message = "key_pair.public_key must be one line in OpenSSH format, such as \"ssh-rsa AAAA... comment\"."
  }
}
