export { FLAGS } from './config/flags.ts'
export { type OperatorProcess, runMain } from './main.ts'
export type { MetricDefinition } from './observability/metric-set.ts'
export { createMetrics } from './observability/metrics.ts'
