# The user's objects for 01-existing-vpc.yaml and 02-shared-vpc.yaml, which exist before the shoot: a VPC with a NAT
# gateway, and an EIP that is bound to nothing.

terraform {
  required_providers {
    alicloud = {
      source = "aliyun/alicloud"
    }
  }
}

provider "alicloud" {
  region = "eu-central-1"
}

resource "alicloud_vpc" "this" {
  vpc_name   = "users"
  cidr_block = "10.250.0.0/16"
}

resource "alicloud_vswitch" "this" {
  vswitch_name = "users"
  vpc_id       = alicloud_vpc.this.id
  zone_id      = "eu-central-1a"
  cidr_block   = "10.250.255.0/24"
}

resource "alicloud_nat_gateway" "this" {
  nat_gateway_name = "users"
  vpc_id           = alicloud_vpc.this.id
  vswitch_id       = alicloud_vswitch.this.id
  nat_type         = "Enhanced"
}

resource "alicloud_eip_address" "this" {
  address_name         = "users"
  bandwidth            = "5"
  internet_charge_type = "PayByTraffic"
}

output "vpc_id" {
  value = alicloud_vpc.this.id
}

output "eip_id" {
  value = alicloud_eip_address.this.id
}
