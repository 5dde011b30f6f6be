terraform {
  required_version = ">= 1.3"

  required_providers {
    alicloud = {
      source = "aliyun/alicloud"
      # Since 1.188.0: alicloud_message_service_queue.
      version = ">= 1.252.0"
    }
  }
}
