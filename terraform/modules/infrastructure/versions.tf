terraform {
  required_version = ">= 1.7.0"

  required_providers {
    alicloud = {
      source = "aliyun/alicloud"
      # 1.239.0 is the first release with `security_group_name`, the youngest argument used here.
      version = ">= 1.239.0, < 2.0.0"
    }
  }
}
