terraform {
  required_version = ">= 1.7.0"

  required_providers {
    alicloud = {
      source = "aliyun/alicloud"
      # 1.199.0 is the first release with `system_disk_encrypted`; the rest is the infrastructure module's range, because
      # both run with one provider.
      version = ">= 1.239.0, < 2.0.0"
    }
  }
}
