variable "cluster_name" {
  description = "Technical ID of the shoot; every scaling group and node carries the tag kubernetes.io/cluster/{cluster_name}."
  type        = string
  nullable    = false

  validation {
    # A Kubernetes namespace name: the technical ID names the control-plane namespace.
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.cluster_name))
    error_message = "cluster_name must be a DNS label: at most 63 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region that holds the pool, for example eu-central-1."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z0-9]+)+$", var.region))
    error_message = "region must be an Alibaba Cloud region id such as eu-central-1."
  }
}

variable "tags" {
  description = "Tags of every scaling group and node; a group gets Name and provisioner/key in addition."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.tags) <= 18
    error_message = "A resource takes 20 tags, and two are added per scaling group: give at most 18."
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

  validation {
    # The provider builds the JSON text of node tags by concatenation when it changes a scaling configuration.
    condition     = alltrue(flatten([for key, value in var.tags : [for text in [key, value] : !can(regex("[\"\\\\[:cntrl:]]", text))]]))
    error_message = "A tag key or value must not contain double quotes, backslashes or control characters."
  }
}

variable "kept_tags" {
  description = "Foreign tags of resources, by provisioner/key; they stay as they are."
  type        = map(map(string))
  default     = {}
  nullable    = false
}

variable "pool_name" {
  description = "Name of the worker pool."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.pool_name))
    error_message = "pool_name must be a DNS label: at most 63 lower-case letters, digits and hyphens."
  }
}

variable "security_group_id" {
  description = "ID of the nodes' security group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^sg-[a-z0-9-]+$", var.security_group_id))
    error_message = "security_group_id must be a security group id such as sg-bp1f9k2."
  }
}

variable "key_pair_name" {
  description = "Name of the nodes' SSH key pair; null for none."
  type        = string
  default     = null
}

variable "image_id" {
  description = "ID of the machine image, for example m-gw8iwwd2iiln01dj646s."
  type        = string
  nullable    = false

  validation {
    # Custom images are m-..., public ones look like ubuntu_22_04_x64_20G_alibase_20240101.vhd.
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.image_id))
    error_message = "image_id must be an image id: letters, digits, '.', '_' and '-'."
  }
}

variable "instance_type" {
  description = "ECS instance type of the nodes, for example ecs.g7.large."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^ecs\\.[a-z0-9.-]+$", var.instance_type))
    error_message = "instance_type must be an ECS instance type such as ecs.g7.large."
  }
}

variable "system_disk" {
  description = "System disk of the nodes; encrypted null leaves the choice to the image."
  type = object({
    category  = string
    size_gib  = number
    encrypted = optional(bool)
  })
  nullable = false

  validation {
    condition = contains(
      ["cloud", "cloud_efficiency", "cloud_essd", "cloud_essd_xc1", "cloud_ssd", "ephemeral_ssd"], var.system_disk.category
    )
    error_message = "system_disk.category must be cloud, cloud_efficiency, cloud_essd, cloud_essd_xc1, cloud_ssd or ephemeral_ssd."
  }

  validation {
    # The cloud takes up to 2048 GiB for most categories, the provider's own check no more than 500.
    condition = (
      var.system_disk.size_gib >= 20 && var.system_disk.size_gib <= 500 && floor(var.system_disk.size_gib) == var.system_disk.size_gib
    )
    error_message = "system_disk.size_gib must be a whole number from 20 to 500."
  }
}

variable "data_disks" {
  description = "Data disks of the nodes, in the order in which they are attached."
  type = list(object({
    name        = string
    category    = optional(string)
    size_gib    = number
    encrypted   = optional(bool)
    description = optional(string)
  }))
  default  = []
  nullable = false

  validation {
    condition     = length(var.data_disks) <= 16
    error_message = "A node takes at most 16 data disks."
  }

  validation {
    condition     = length(distinct(var.data_disks[*].name)) == length(var.data_disks)
    error_message = "Each data disk needs its own name."
  }

  validation {
    condition     = alltrue([for disk in var.data_disks : can(regex("^[A-Za-z][A-Za-z0-9._-]{1,127}$", disk.name))])
    error_message = "A data disk's name must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."
  }

  validation {
    condition = alltrue([
      for disk in var.data_disks : disk.category == null || contains(
        ["cloud", "cloud_efficiency", "cloud_essd", "cloud_ssd", "ephemeral_ssd"], coalesce(disk.category, "cloud")
      )
    ])
    error_message = "A data disk's category must be cloud, cloud_efficiency, cloud_essd, cloud_ssd or ephemeral_ssd."
  }

  validation {
    condition = alltrue([
      for disk in var.data_disks : disk.size_gib >= 5 && disk.size_gib <= 32768 && floor(disk.size_gib) == disk.size_gib
    ])
    error_message = "A data disk's size_gib must be a whole number from 5 to 32768."
  }

  validation {
    condition = alltrue([
      for disk in var.data_disks : disk.description == null || can(regex("^.{2,256}$", disk.description))
    ])
    error_message = "A data disk's description must be one line of 2 to 256 characters."
  }
}

variable "instance_name" {
  description = "Name of the nodes' ECS instances."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9._-]{1,127}$", var.instance_name))
    error_message = "instance_name must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."
  }
}

variable "instance_tags" {
  description = "Tags of the nodes in addition to tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, value in var.instance_tags : length(key) >= 1 && length(key) <= 128 && length(value) <= 128
    ])
    error_message = "A tag key has 1 to 128 characters and a tag value at most 128."
  }

  validation {
    condition     = alltrue([for key in keys(var.instance_tags) : !can(regex("^(?i:aliyun|acs:)|https?://", key))])
    error_message = "A tag key must not start with aliyun or acs: and must not contain http:// or https://."
  }

  validation {
    # The provider builds the JSON text of node tags by concatenation when it changes a scaling configuration.
    condition = alltrue(flatten([
      for key, value in var.instance_tags : [for text in [key, value] : !can(regex("[\"\\\\[:cntrl:]]", text))]
    ]))
    error_message = "A tag key or value must not contain double quotes, backslashes or control characters."
  }
}

variable "zones" {
  description = "Per zone: the vSwitch, the scaling group's name and its size; desired is the size now, between minimum and maximum."
  type = map(object({
    vswitch_id         = string
    scaling_group_name = string
    minimum            = number
    maximum            = number
    desired            = number
  }))
  nullable = false

  validation {
    condition     = alltrue([for zone in keys(var.zones) : can(regex("^[a-z]{2,}(-[a-z0-9]+)+$", zone))])
    error_message = "The keys of zones must be zone ids such as eu-central-1a."
  }

  validation {
    condition     = alltrue([for zone in values(var.zones) : can(regex("^vsw-[a-z0-9-]+$", zone.vswitch_id))])
    error_message = "Each zone's vswitch_id must be a vSwitch id such as vsw-bp1f9k2."
  }

  validation {
    condition = alltrue([
      for zone in values(var.zones) : can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$", zone.scaling_group_name))
    ])
    error_message = "Each scaling_group_name must have 2 to 64 letters, digits, '.', '_' and '-', and start with a letter or digit."
  }

  validation {
    condition = alltrue([
      for zone in values(var.zones) : 0 <= zone.minimum && zone.minimum <= zone.desired && zone.desired <= zone.maximum && zone.maximum <= 2000
    ])
    error_message = "Each zone needs 0 <= minimum <= desired <= maximum <= 2000."
  }

  validation {
    condition = alltrue(flatten([
      for zone in values(var.zones) : [for size in [zone.minimum, zone.maximum, zone.desired] : floor(size) == size]
    ]))
    error_message = "minimum, maximum and desired must be whole numbers."
  }
}

variable "user_data" {
  description = "User data of the nodes, base64; null for none."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition = var.user_data == null || can(
      regex("^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$", var.user_data)
    )
    error_message = "user_data must be base64; the provider would encode anything else again and see a change in each plan."
  }

  validation {
    condition     = var.user_data == null || try(length(var.user_data) <= 43692, false)
    error_message = "user_data must be at most 32 KiB before base64."
  }
}
