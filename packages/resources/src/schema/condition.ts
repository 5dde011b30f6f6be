import { z } from 'zod'
import { field } from './field.ts'
import { LIMITS } from './limits.ts'

/** One condition, of the shape that all Kubernetes tools know. */
const conditionSchema = z
  .object({
    type: field(z.string().max(316), { description: 'What the condition is about.', example: 'Ready' }),
    status: field(z.enum(['True', 'False', 'Unknown']), { description: 'Whether it holds.', example: 'True' }),
    reason: field(z.string().max(LIMITS.kubernetesName).default(''), {
      description: 'Why, as one word that programs may rely on.',
      example: 'Synced',
    }),
    message: field(z.string().max(LIMITS.message).default(''), {
      description: 'Why, and what to do about it, for people. Never holds a value.',
    }),
    lastTransitionTime: field(z.string().max(64).exactOptional(), {
      description: 'When `status` last changed.',
      format: 'date-time',
    }),
    observedGeneration: field(z.int().exactOptional(), {
      description: 'Generation of the resource that was looked at.',
      format: 'int64',
    }),
  })
  .readonly()

/** One condition as it is read: absent texts are empty. */
export type Condition = z.output<typeof conditionSchema>

/** The list of conditions; one that cannot be read counts as none, since we write it anew. */
export function conditions() {
  return field(z.array(conditionSchema).max(16).readonly().catch([]), {
    description: 'What is known of the resource; `Ready` is always there once it was looked at.',
    listMapKey: 'type',
  })
}
