# The RAM side of RRSA: a role that only the operator's ServiceAccount can assume, and that reads only these secrets.

locals {
  provider_name = var.create_oidc_provider ? var.oidc_provider_name : "ack-rrsa-${var.cluster_id}"
  provider_arn  = "acs:ram::${var.account_id}:oidc-provider/${local.provider_name}"
  role_arn      = "acs:ram::${var.account_id}:role/${var.role_name}"
  audience      = "sts.aliyuncs.com"

  trust = {
    Version = "1"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Federated = [local.provider_arn] }
      Condition = {
        StringEquals = {
          "oidc:iss" = var.issuer_url
          "oidc:aud" = local.audience
          "oidc:sub" = "system:serviceaccount:${var.namespace}:${var.service_account}"
        }
      }
    }]
  }

  reads = {
    Effect   = "Allow"
    Action   = ["kms:GetSecretValue"]
    Resource = [for name in var.secrets : "acs:kms:${var.region}:${var.account_id}:secret/${name}"]
  }
  decrypts = {
    Effect   = "Allow"
    Action   = ["kms:Decrypt"]
    Resource = [for id in var.keys : "acs:kms:${var.region}:${var.account_id}:key/${id}"]
  }
}

# ACK creates the provider of its clusters when RRSA is enabled.
resource "alicloud_ims_oidc_provider" "cluster" {
  count = var.create_oidc_provider ? 1 : 0

  oidc_provider_name = local.provider_name
  issuer_url         = var.issuer_url
  client_ids         = [local.audience]
  fingerprints       = var.fingerprints
  description        = "Kubernetes cluster of ack-secret-manager"
}

resource "alicloud_ram_role" "operator" {
  role_name                   = var.role_name
  assume_role_policy_document = jsonencode(local.trust)
  description                 = "ack-secret-manager in ${var.namespace}"

  depends_on = [alicloud_ims_oidc_provider.cluster]

  lifecycle {
    precondition {
      condition     = (var.cluster_id != "") != var.create_oidc_provider
      error_message = "Set cluster_id of an ACK cluster, or create_oidc_provider for another one."
    }
  }
}

resource "alicloud_ram_policy" "secrets" {
  policy_name     = var.policy_name
  policy_document = jsonencode({ Version = "1", Statement = concat([local.reads], length(var.keys) > 0 ? [local.decrypts] : []) })
  description     = "Reads the secrets that ack-secret-manager copies"
}

resource "alicloud_ram_role_policy_attachment" "operator" {
  role_name   = alicloud_ram_role.operator.role_name
  policy_name = alicloud_ram_policy.secrets.policy_name
  policy_type = "Custom"
}
