import { regexCost } from '@ack-secret-manager/core'
import { z } from 'zod'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { labelKey, labelValue, line, namespaceName } from '../schema/text.ts'

export const namespaceNames = () => z.array(namespaceName()).max(LIMITS.namespaces).readonly().default([])

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
    const needsValues = operator === 'In' || operator === 'NotIn'
    if (needsValues === values.length > 0) return
    const message = needsValues ? `required with ${operator}, but missing` : `${operator} takes no values`
    context.addIssue({ code: 'custom', path: ['values'], message })
  })

/** A Kubernetes label selector. */
export const namespaceSelectorSchema = z
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
        description: 'Labels that the namespace must have, with these values.',
        default: 'none',
        maxEntries: LIMITS.labels,
        example: { team: 'payments' },
      },
    ),
    matchExpressions: field(z.array(requirementSchema).max(LIMITS.labels).readonly().default([]), {
      description: 'Requirements for the labels, all of which must match.',
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

/** Selects the namespaces that match any of its parts. */
export const namespaceConditionSchema = z
  .strictObject({
    namespaceSelector: field(namespaceSelectorSchema.exactOptional(), {
      description: 'Label selector. `{}` selects every namespace.',
      default: 'none',
      example: { matchLabels: { team: 'payments' } },
    }),
    namespaces: field(namespaceNames(), {
      description: 'Names of namespaces.',
      default: 'none',
      example: ['payments'],
    }),
    namespaceRegexes: field(z.array(line(LIMITS.rule)).max(LIMITS.namespaces).readonly().default([]), {
      description:
        'Regular expressions (RE2) that must match the whole name. One that does not compile is an error (`InvalidSpec`).',
      default: 'none',
      example: ['team-.*'],
    }),
  })
  .readonly()

/** A list of conditions. The limit bounds the time that compiling and matching takes in one turn of the event loop. */
export const namespaceConditions = () =>
  z
    .array(namespaceConditionSchema)
    .max(LIMITS.conditions)
    .refine((conditions) => costOf(conditions) <= LIMITS.namespaceRegexesCost, {
      error: `the regular expressions exceed ${LIMITS.namespaceRegexesCost} characters in total, counting x{3} as xxx and multiplying by 16 or 256 for Unicode classes`,
      abort: true,
    })

function costOf(conditions: readonly NamespaceCondition[]): number {
  return conditions
    .flatMap(({ namespaceRegexes }) => namespaceRegexes)
    .reduce((cost, regex) => cost + regexCost(regex), 0)
}

export type NamespaceSelector = z.output<typeof namespaceSelectorSchema>
export type NamespaceCondition = z.output<typeof namespaceConditionSchema>
