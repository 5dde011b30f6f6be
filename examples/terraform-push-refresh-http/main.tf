# Rules that deliver the events of KMS to the HTTP target of the operator.

locals {
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

resource "alicloud_event_bridge_rule" "hints" {
  for_each = local.patterns

  event_bus_name = "default"
  rule_name      = "${var.name}-${each.key}"
  description    = "Events of KMS secrets (${each.key}), for ack-secret-manager"
  filter_pattern = jsonencode(each.value)

  targets {
    target_id           = var.name
    type                = "https"
    endpoint            = var.url
    push_retry_strategy = "EXPONENTIAL_DECAY_RETRY"

    param_list {
      resource_key = "URL"
      form         = "CONSTANT"
      value        = var.url
    }
    param_list {
      resource_key = "Body"
      form         = "ORIGINAL"
    }
    param_list {
      resource_key = "Network"
      form         = "CONSTANT"
      value        = "PublicNetwork"
    }
    param_list {
      resource_key = "Token"
      form         = "CONSTANT"
      value        = var.token
    }
  }
}
