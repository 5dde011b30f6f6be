import { z } from 'zod'
import { field } from '../schema/field.ts'
import { LIMITS } from '../schema/limits.ts'
import { type NamespaceCondition, namespaceConditions, namespaceNames } from '../namespaces/namespace-condition-spec.ts'
import { NamespaceRegexes } from '../namespaces/namespace-regexes.ts'
import { endpointPattern, line, registryInstanceId, roleArn } from '../schema/text.ts'

/** Which namespaces may use a store. */
export const conditionsField = () =>
  field(namespaceConditions().superRefine(checkRegexes).readonly().exactOptional(), {
    description: 'Namespaces that may use the store: those that match any part of any entry. An empty list admits all.',
    default: 'all',
  })

/** An expression that does not compile would exclude namespaces without an error. */
function checkRegexes(conditions: readonly NamespaceCondition[], context: z.RefinementCtx): void {
  conditions.forEach(({ namespaceRegexes }, index) =>
    NamespaceRegexes.of(namespaceRegexes).broken.forEach((at) => {
      const message = `expected a regular expression (RE2), got ${JSON.stringify(namespaceRegexes[at])}`
      context.addIssue({ code: 'custom', path: [index, 'namespaceRegexes', at], message })
    }),
  )
}

/** @param otherwise what an entry without the field applies to */
const namespacesField = (otherwise: string) =>
  field(namespaceNames(), {
    description: 'Namespaces to which the entry applies.',
    default: otherwise,
    example: ['payments'],
  })

const allowSchema = z
  .strictObject({
    namespaces: namespacesField('all namespaces that may use the store'),
    secrets: field(z.array(line(LIMITS.kmsSecretName)).min(1).max(LIMITS.allowedSecrets).readonly(), {
      description:
        'Secrets that these may read. `*` matches within one path segment, `**` everything. ARNs match `**` and patterns with `acs:`.',
      example: ['app/*'],
    }),
    endpoints: field(z.array(endpointPattern()).max(LIMITS.allowedEndpoints).readonly().default([]), {
      description:
        'Endpoints for their `kmsEndpoint`, if the operator allows them. `*` matches within one label; before `aliyuncs.com`, a region.',
      default: 'the endpoint of the store only',
      example: ['kms.*.aliyuncs.com'],
    }),
  })
  .readonly()

/** Which namespaces may read which secrets through a store. */
export const allowField = () =>
  field(z.array(allowSchema).max(LIMITS.allowEntries).readonly().exactOptional(), {
    description:
      'Which namespaces may read which secrets. A read must match one entry; an empty list allows every read.',
    default: 'namespaces that may use the store may read every secret',
  })

const allowPushSchema = z
  .strictObject({
    namespaces: namespacesField('all namespaces that may use the store'),
    secrets: field(z.array(line(LIMITS.kmsSecretName)).min(1).max(LIMITS.allowedSecrets).readonly(), {
      description: 'Secrets that PushSecrets of these may write. `*` matches within one path segment, `**` everything.',
      example: ['payments/**'],
    }),
  })
  .readonly()

/** Which namespaces may write which secrets through a store. */
export const allowPushField = () =>
  field(z.array(allowPushSchema).max(LIMITS.allowEntries).readonly().exactOptional(), {
    description:
      'Which namespaces may write which secrets with a PushSecret. A write must match one entry, and one of `allow` if that is set.',
    default: 'none: nothing is written through the store',
  })

const allowTokensSchema = z
  .strictObject({
    namespaces: namespacesField('the namespace of a SecretStore, or all namespaces that may use a ClusterSecretStore'),
    instances: field(z.array(registryInstanceId()).max(LIMITS.allowedTokens).readonly().default([]), {
      description: 'Instances of Container Registry whose tokens these may have.',
      default: 'none',
      example: ['cri-abcdefgh12345678'],
    }),
    roles: field(z.array(roleArn()).max(LIMITS.allowedTokens).readonly().default([]), {
      description: 'RAM roles whose sessions these may have.',
      default: 'none',
      example: ['acs:ram::1234567890123456:role/upload'],
    }),
  })
  .readonly()

/** Which namespaces may have which tokens of the identity of a store. */
export const allowTokensField = () =>
  field(z.array(allowTokensSchema).max(LIMITS.allowEntries).readonly().exactOptional(), {
    description:
      'Which namespaces may have which tokens. A SecretStore hands out none if its identity is that of the operator or of another namespace.',
    default: 'none: no token is issued for the identity',
  })

/** Maximum number of secrets that each namespace may read through a store. */
export const maxSecretsField = () =>
  field(z.int().min(1).max(LIMITS.maxSecretsPerNamespace).exactOptional(), {
    description:
      'Maximum secrets per namespace. Older ExternalSecrets and earlier entries come first; others get `StoreNotAllowed` and keep their values.',
    default: 'no limit',
    example: 50,
    format: 'int32',
  })

/** Maximum number of reads per second through a store. */
export const maxReadsField = () =>
  field(z.int().min(1).max(LIMITS.maxReadsPerSecond).exactOptional(), {
    description:
      'Maximum reads per second, within the limit of the account. Namespaces take turns. A secret that several stores read with one identity has their highest limit.',
    default: 'only the limit of the account',
    example: 20,
    format: 'int32',
  })

/** Which namespaces may read which secrets. */
export type AllowEntry = z.output<typeof allowSchema>
/** Which namespaces may write which secrets. */
export type AllowPushEntry = z.output<typeof allowPushSchema>
/** Which namespaces may have which tokens. */
export type AllowTokensEntry = z.output<typeof allowTokensSchema>
