import { z } from 'zod'
import { field } from './field.ts'
import { LIMITS } from './limits.ts'
import { namespaceConditionSchema, namespaceNames } from './namespace-condition-spec.ts'
import { line } from './text.ts'

/** Who may use a store at all. */
export const conditionsField = () =>
  field(z.array(namespaceConditionSchema).max(LIMITS.conditions).readonly().exactOptional(), {
    description: 'Which namespaces may use the store: those of which any part of any entry is true.',
    default: 'all',
  })

const allowSchema = z
  .strictObject({
    namespaces: field(namespaceNames(), {
      description: 'Namespaces that the entry is about.',
      default: 'all that may use the store',
      example: ['payments'],
    }),
    secrets: field(z.array(line(LIMITS.kmsSecretName)).min(1).max(LIMITS.allowedSecrets).readonly(), {
      description:
        'Names that those may read: `*` stands for anything within one segment of a path, `**` for anything. ARNs are matched by entries that begin with `acs:` or are `**`.',
      example: ['app/*'],
    }),
  })
  .readonly()

/** Who may read what through a store. */
export const allowField = () =>
  field(z.array(allowSchema).max(LIMITS.allowEntries).readonly().exactOptional(), {
    description: 'Which namespaces may read which secrets: those that any entry allows.',
    default: 'all that may use the store may read all',
  })

/** Which namespaces may read which secrets. */
export type AllowEntry = z.output<typeof allowSchema>
