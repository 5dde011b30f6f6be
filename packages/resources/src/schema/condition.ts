import { z } from 'zod'
import { field } from './field.ts'
import { LIMITS } from './limits.ts'

/** One condition, as in the Kubernetes API conventions. */
const conditionSchema = z
  .object({
    type: field(z.string().max(316), { description: 'Type of the condition.', example: 'Ready' }),
    status: field(z.enum(['True', 'False', 'Unknown']), { description: 'Status of the condition.', example: 'True' }),
    reason: field(z.string().max(LIMITS.kubernetesName).default(''), {
      description: 'Reason as one stable CamelCase word.',
      example: 'Synced',
    }),
    message: field(z.string().max(LIMITS.message).default(''), {
      description: 'The cause and the fix, as text. Never contains a secret value.',
    }),
    lastTransitionTime: field(z.string().max(64).exactOptional(), {
      description: 'When `status` last changed.',
      format: 'date-time',
    }),
    observedGeneration: field(z.int().exactOptional(), {
      description: 'Generation of the resource that the condition is based on.',
      format: 'int64',
    }),
  })
  .readonly()

/** One parsed condition: absent texts are empty. */
export type Condition = z.output<typeof conditionSchema>

/** The Ready condition; undefined before the first reconcile. */
export function readyOf(status: { readonly conditions: readonly Condition[] } | undefined): Condition | undefined {
  return status?.conditions.find(({ type }) => type === 'Ready')
}

/** The list of conditions. An invalid list counts as empty, because the operator overwrites it. */
export function conditions() {
  return field(z.array(conditionSchema).max(16).readonly().catch([]), {
    description: 'Conditions of the resource. `Ready` is present after the first reconcile.',
    listMapKey: 'type',
  })
}
