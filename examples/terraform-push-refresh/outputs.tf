output "chart_values" {
  description = "Values of the chart, as YAML."
  value       = yamlencode({ command = { hintQueue = local.queue_arn } })
}
