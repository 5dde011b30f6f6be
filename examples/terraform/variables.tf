variable "account_id" {
  description = "Alibaba Cloud account of the secrets and of the cluster's OIDC provider."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{1,32}$", var.account_id))
    error_message = "account_id has digits only."
  }
}

variable "region" {
  description = "Region of the secrets."
  type        = string
}

variable "cluster_id" {
  description = "ACK cluster. With RRSA enabled it has the OIDC provider ack-rrsa-CLUSTER_ID. Empty for another cluster, with create_oidc_provider."
  type        = string
  default     = ""
}

variable "issuer_url" {
  description = "Issuer of the cluster's tokens, as in /.well-known/openid-configuration. On ACK: rrsa_metadata[0].rrsa_oidc_issuer_url of alicloud_cs_managed_kubernetes."
  type        = string

  validation {
    condition     = can(regex("^https://", var.issuer_url))
    error_message = "issuer_url starts with https://."
  }
}

variable "create_oidc_provider" {
  description = "Creates an OIDC provider, for a cluster that is not ACK. RAM must be able to reach the issuer."
  type        = bool
  default     = false
}

variable "oidc_provider_name" {
  description = "Name of the provider that create_oidc_provider creates."
  type        = string
  default     = "ack-secret-manager"
}

variable "fingerprints" {
  description = "Fingerprints of the issuer's HTTPS CA certificates, for create_oidc_provider."
  type        = list(string)
  default     = []
}

variable "namespace" {
  description = "Namespace of the release of the chart."
  type        = string
  default     = "kube-system"
}

variable "service_account" {
  description = "ServiceAccount of the operator: the name of the release."
  type        = string
  default     = "ack-secret-manager"
}

variable "role_name" {
  description = "RAM role that the operator uses."
  type        = string
  default     = "ack-secret-manager"
}

variable "policy_name" {
  description = "Policy of the role."
  type        = string
  default     = "ack-secret-manager"
}

variable "secrets" {
  description = "Names of the secrets that may be read; * matches any characters."
  type        = list(string)

  validation {
    condition     = length(var.secrets) > 0
    error_message = "secrets has at least one name. Use [\"*\"] only if the operator may read all secrets of the region."
  }
}

variable "keys" {
  description = "Ids of the KMS keys that encrypt these secrets, if they are your own. Every secret of a KMS instance has one."
  type        = list(string)
  default     = []
}
