variable "account_id" {
  description = "Alibaba Cloud account of the secrets."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{1,32}$", var.account_id))
    error_message = "account_id has digits only."
  }
}

variable "region" {
  description = "Region of the secrets, and of the rules."
  type        = string
}

variable "url" {
  description = "Public HTTPS URL that leads to the Service ack-secret-manager-hints. It is part of the signature."
  type        = string

  validation {
    condition     = can(regex("^https://[^/@#[:space:]]+(/[^#[:space:]]*)?$", var.url))
    error_message = "url is an HTTPS URL without user and fragment."
  }
}

variable "token" {
  description = "Signature token of the target, as in the Secret of the chart. Terraform also writes it to its state."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[!-~]{16,512}$", var.token))
    error_message = "token has 16 to 512 printable characters without blanks."
  }
}

variable "name" {
  description = "Prefix of the rules. Each cluster has its own."
  type        = string
  default     = "acksm-hints"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,99}$", var.name))
    error_message = "name has letters, digits and hyphens only, at most 100."
  }
}

variable "token_secret" {
  description = "Secret in the namespace of the operator that has the token."
  type        = string
  default     = "acksm-hints"
}
