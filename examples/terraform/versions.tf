terraform {
  required_version = ">= 1.3"

  required_providers {
    alicloud = {
      source = "aliyun/alicloud"
      # Since 1.252.0: role_name and assume_role_policy_document of alicloud_ram_role.
      version = ">= 1.252.0"
    }
  }
}
