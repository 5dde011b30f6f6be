variable "account_id" {
  description = "Alibaba Cloud account of the secrets and of the queue."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{1,32}$", var.account_id))
    error_message = "account_id has digits only."
  }
}

variable "region" {
  description = "Region of the secrets. EventBridge delivers to a queue of the same region."
  type        = string
}

variable "queue_name" {
  description = "Name of the queue. Each cluster, and each shard of a cluster, needs its own."
  type        = string
  default     = "acksm-hints"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,99}$", var.queue_name))
    error_message = "queue_name has letters, digits and hyphens only, at most 100."
  }
}

variable "role_name" {
  description = "RAM role that the operator uses, such as that of examples/terraform."
  type        = string
  default     = "ack-secret-manager"
}

variable "policy_name" {
  description = "Policy for the queue; empty: acksm-REGION-QUEUE, so that each queue has its own."
  type        = string
  default     = ""
}

variable "create_service_linked_role" {
  description = "Creates the role with which EventBridge sends to queues. An account has one, which the console creates with its first queue target."
  type        = bool
  default     = false
}
