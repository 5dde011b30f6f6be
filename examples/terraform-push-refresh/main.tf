# A queue, and rules that deliver the events of KMS to it.

locals {
  queue_arn = "acs:mns:${var.region}:${var.account_id}:/queues/${var.queue_name}"
  endpoint  = "acs:mns:${var.region}:${var.account_id}:queues/${var.queue_name}"

  receives = {
    Effect   = "Allow"
    Action   = ["mns:BatchReceiveMessage", "mns:ReceiveMessage", "mns:BatchDeleteMessage", "mns:DeleteMessage"]
    Resource = ["${local.queue_arn}/messages"]
  }
  describes = {
    Effect   = "Allow"
    Action   = ["mns:GetQueueAttributes"]
    Resource = [local.queue_arn]
  }

  # A pattern for each rule. EventBridge compares at most five values of a field.
  calls = ["kms:ActionTrail:ApiCall", "kms:ActionTrail:ConsoleOperation", "kms:ActionTrail:AliyunServiceEvent"]
  patterns = {
    rotations = {
      source = ["acs.kms"]
      type   = ["kms:CloudMonitor:Secret[RotateSecret:Success]"]
    }
    values = {
      source = ["acs.kms"]
      type   = local.calls
      data   = { eventName = ["PutSecretValue", "UpdateSecretVersionStage", "RotateSecret"] }
    }
    existence = {
      source = ["acs.kms"]
      type   = local.calls
      data   = { eventName = ["CreateSecret", "DeleteSecret", "RestoreSecret"] }
    }
  }
}

resource "alicloud_message_service_queue" "hints" {
  queue_name = var.queue_name
  # Polling has found older changes long ago.
  message_retention_period = 3600
  visibility_timeout       = 30
  polling_wait_seconds     = 30
}

# EventBridge sends to queues with this role, of which an account has one.
resource "alicloud_event_bridge_service_linked_role" "queues" {
  count = var.create_service_linked_role ? 1 : 0

  product_name = "AliyunServiceRoleForEventBridgeSendToMNS"
}

resource "alicloud_event_bridge_rule" "hints" {
  for_each   = local.patterns
  depends_on = [alicloud_event_bridge_service_linked_role.queues]

  event_bus_name = "default"
  rule_name      = "${var.queue_name}-${each.key}"
  description    = "Events of KMS secrets (${each.key}), for ack-secret-manager"
  filter_pattern = jsonencode(each.value)

  targets {
    target_id           = var.queue_name
    type                = "acs.mns.queue"
    endpoint            = local.endpoint
    push_retry_strategy = "EXPONENTIAL_DECAY_RETRY"

    param_list {
      resource_key = "queue"
      form         = "CONSTANT"
      value        = alicloud_message_service_queue.hints.queue_name
    }
    param_list {
      resource_key = "Body"
      form         = "ORIGINAL"
    }
    param_list {
      resource_key = "IsBase64Encode"
      form         = "CONSTANT"
      value        = "true"
    }
  }
}

resource "alicloud_ram_policy" "hints" {
  # Policies belong to the account, not to a region.
  policy_name     = var.policy_name == "" ? "acksm-${var.region}-${var.queue_name}" : var.policy_name
  policy_document = jsonencode({ Version = "1", Statement = [local.receives, local.describes] })
  description     = "Receives hints of changed secrets"
}

resource "alicloud_ram_role_policy_attachment" "hints" {
  role_name   = var.role_name
  policy_name = alicloud_ram_policy.hints.policy_name
  policy_type = "Custom"
}
