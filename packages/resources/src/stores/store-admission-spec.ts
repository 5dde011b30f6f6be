import { z } from 'zod'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import {
  type NamespaceCondition,
  namespaceConditions,
  namespaceConditionsRules,
  namespaceNames,
} from '../namespaces/namespace-condition-spec.ts'
import { NamespaceRegexes } from '../namespaces/namespace-regexes.ts'
import { endpointPattern, line } from '../schema/text.ts'

/** Who may use a store at all. */
export const conditionsField = () =>
  field(namespaceConditions().superRefine(checkRegexes).readonly().exactOptional(), {
    description: 'Which namespaces may use the store: those of which any part of any entry is true.',
    default: 'all',
    rules: namespaceConditionsRules,
  })

/** A store with an expression that means nothing would refuse namespaces without a word about why. */
function checkRegexes(conditions: readonly NamespaceCondition[], context: z.RefinementCtx): void {
  conditions.forEach(({ namespaceRegexes }, index) =>
    NamespaceRegexes.of(namespaceRegexes).broken.forEach((at) => {
      const message = `expected a regular expression (RE2), got ${JSON.stringify(namespaceRegexes[at])}`
      context.addIssue({ code: 'custom', path: [index, 'namespaceRegexes', at], message })
    }),
  )
}

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
    endpoints: field(z.array(endpointPattern()).max(LIMITS.allowedEndpoints).readonly().default([]), {
      description:
        'Endpoints that `kmsEndpoint` of those may name: `*` matches within one label, and right before `aliyuncs.com` a region. The operator’s allowed endpoints limit them too.',
      default: 'the store’s own endpoint alone',
      example: ['kms.*.aliyuncs.com'],
    }),
  })
  .readonly()

/** Who may read what through a store. */
export const allowField = () =>
  field(z.array(allowSchema).max(LIMITS.allowEntries).readonly().exactOptional(), {
    description: 'Which namespaces may read which secrets: those that any entry allows.',
    default: 'all that may use the store may read all',
  })

/** How many secrets each namespace may read through a store. */
export const maxSecretsField = () =>
  field(z.int().min(1).max(LIMITS.maxSecretsPerNamespace).exactOptional(), {
    description:
      'How many secrets, counted by name, each namespace may read through the store. ExternalSecrets that were created first come first, and in each the entries in their order; the others get `StoreNotAllowed` and keep their last values.',
    default: 'no limit',
    example: 50,
    format: 'int32',
  })

/** How many reads per second a store allows. */
export const maxReadsField = () =>
  field(z.int().min(1).max(LIMITS.maxReadsPerSecond).exactOptional(), {
    description:
      'How many reads per second go through the store, within the limit of its account. The namespaces that read through it take turns. A secret that is read through several stores with one identity counts for one of them.',
    default: 'only the limit of the account',
    example: 20,
    format: 'int32',
  })

/** Which namespaces may read which secrets. */
export type AllowEntry = z.output<typeof allowSchema>
