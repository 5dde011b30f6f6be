output "chart_values" {
  description = "Values of the chart, as YAML. The token is not among them."
  value = yamlencode({
    hintTarget = { tokenSecretRef = { name = var.token_secret } }
    command = {
      hintHttpUrl     = var.url
      hintHttpAccount = var.account_id
      region          = var.region
    }
  })
}
