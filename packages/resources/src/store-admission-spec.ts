import { z } from 'zod'
import { field } from './field.ts'
import { LIMITS } from './limits.ts'
import { labelKey, labelValue, namespaceName, text } from './text.ts'

const names = () => z.array(namespaceName()).max(LIMITS.namespaces).readonly().default([])

const requirementSchema = z
  .strictObject({
    key: field(labelKey(), { description: 'Key of the label.', example: 'team' }),
    operator: field(z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']), {
      description: 'How the label is compared.',
      example: 'In',
    }),
    values: field(z.array(labelValue()).max(LIMITS.labelValues).readonly().default([]), {
      description: 'Values for `In` and `NotIn`; none for the others.',
      default: 'none',
      example: ['payments'],
    }),
  })
  .readonly()
  .superRefine(({ operator, values }, context) => {
    const wants = operator === 'In' || operator === 'NotIn'
    if (wants === values.length > 0) return
    const message = wants ? `required with ${operator}, but missing` : `${operator} takes no values`
    context.addIssue({ code: 'custom', path: ['values'], message })
  })

const selectorSchema = z
  .strictObject({
    matchLabels: field(
      z
        .record(labelKey(), labelValue())
        .refine((labels) => Object.keys(labels).length <= LIMITS.labels, {
          error: `expected at most ${LIMITS.labels} entries`,
        })
        .readonly()
        .default({}),
      {
        description: 'Labels that must be there with these values.',
        default: 'none',
        maxEntries: LIMITS.labels,
        example: { team: 'payments' },
      },
    ),
    matchExpressions: field(z.array(requirementSchema).max(LIMITS.labels).readonly().default([]), {
      description: 'What else must be true of the labels.',
      default: 'none',
      rules: [
        {
          rule: "self.all(one, (one.operator in ['In', 'NotIn']) == (has(one.values) && size(one.values) > 0))",
          message: 'In and NotIn take values, Exists and DoesNotExist take none',
        },
      ],
    }),
  })
  .readonly()

const conditionSchema = z
  .strictObject({
    namespaceSelector: field(selectorSchema.exactOptional(), {
      description: 'Labels of the namespace. `{}` means every namespace.',
      example: { matchLabels: { team: 'payments' } },
    }),
    namespaces: field(names(), { description: 'Names of namespaces.', default: 'none', example: ['payments'] }),
    namespaceRegexes: field(z.array(text(LIMITS.rule)).max(LIMITS.namespaces).readonly().default([]), {
      description:
        'Regular expressions (RE2) on the whole name of the namespace. One that does not compile admits nobody.',
      default: 'none',
      example: ['team-.*'],
    }),
  })
  .readonly()

/** Who may use a store at all. */
export const conditionsField = () =>
  field(z.array(conditionSchema).max(LIMITS.storeConditions).readonly().exactOptional(), {
    description: 'Which namespaces may use the store: those of which any part of any entry is true.',
    default: 'all',
  })

const allowSchema = z
  .strictObject({
    namespaces: field(names(), {
      description: 'Namespaces that the entry is about.',
      default: 'all that may use the store',
      example: ['payments'],
    }),
    secrets: field(z.array(text(LIMITS.kmsSecretName)).min(1).max(LIMITS.allowedSecrets).readonly(), {
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

/** Which namespaces may use a store. */
export type StoreCondition = z.output<typeof conditionSchema>
/** Labels that a namespace must have. */
export type NamespaceSelector = z.output<typeof selectorSchema>
/** Which namespaces may read which secrets. */
export type AllowEntry = z.output<typeof allowSchema>
