output "role_arn" {
  description = "ARN of the role."
  value       = local.role_arn
}

output "chart_values" {
  description = "Values of the chart: terraform output -raw chart_values > values.yaml"
  value = yamlencode({
    command        = { region = var.region }
    rrsa           = { enable = true, audience = local.audience }
    serviceAccount = { name = var.service_account }
    env = {
      ALIBABA_CLOUD_ROLE_ARN          = local.role_arn
      ALIBABA_CLOUD_OIDC_PROVIDER_ARN = local.provider_arn
    }
  })
}
