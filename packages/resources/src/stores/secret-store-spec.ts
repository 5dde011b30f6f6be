import { z } from 'zod'
import type { StoreScope } from './credential-refs.ts'
import { field } from '../schema/field.ts'
import type { NamespaceCondition } from '../namespaces/namespace-condition-spec.ts'
import {
  type AllowEntry,
  allowField,
  type AllowPushEntry,
  allowPushField,
  type AllowTokensEntry,
  allowTokensField,
  conditionsField,
  maxReadsField,
  maxSecretsField,
} from './store-admission-spec.ts'
import { allOf, anyOf, type OneService, SERVICE_FIELDS, serviceFields } from './store-services.ts'

/** Which namespaces may use a store, and which secrets they may read. */
export interface StoreAdmission {
  /** Which namespaces may read which secrets; absent: all. */
  readonly allow?: readonly AllowEntry[]
  /** Which namespaces may write which secrets; absent: none. */
  readonly allowPush?: readonly AllowPushEntry[]
  /** Which namespaces may have which tokens; absent: none. */
  readonly allowTokens?: readonly AllowTokensEntry[]
  /** Which namespaces may use the store; absent: all. */
  readonly conditions?: readonly NamespaceCondition[]
  /** Maximum number of secrets that each namespace may read through the store; absent: no limit. */
  readonly maxSecretsPerNamespace?: number
  /** Maximum number of reads per second; absent: only the limit of the account. */
  readonly maxReadsPerSecond?: number
}

/** Spec of a SecretStore or ClusterSecretStore with its defaults filled in: one service, and who may use it. */
export type SecretStoreSpec = Readonly<StoreAdmission & OneService>

function storeSpec(scope: StoreScope) {
  const schema = z
    .strictObject({
      ...serviceFields(scope),
      allow: allowField(),
      allowPush: allowPushField(),
      allowTokens: allowTokensField(),
      conditions: conditionsField(),
      maxSecretsPerNamespace: maxSecretsField(),
      maxReadsPerSecond: maxReadsField(),
    })
    .transform(
      ({ allow = [], allowPush = [], allowTokens = [], conditions = [], ...rest }, context): SecretStoreSpec => {
        const [first, second] = SERVICE_FIELDS.filter((name) => rest[name] !== undefined)
        if (first === undefined || second !== undefined) {
          context.addIssue({
            code: 'custom',
            path: [second ?? 'KMS'],
            message:
              second === undefined
                ? 'required, but missing; `KMS: {}` is enough'
                : `cannot be combined with ${first}: keep one of them`,
          })
          return z.NEVER
        }
        return Object.freeze({
          // Names exactly one service, see above.
          ...(rest as OneService),
          // An empty list means the same as an absent one.
          ...(allow.length === 0 ? {} : { allow }),
          ...(allowPush.length === 0 ? {} : { allowPush }),
          ...(allowTokens.length === 0 ? {} : { allowTokens }),
          ...(conditions.length === 0 ? {} : { conditions }),
        })
      },
    )
  const named = SERVICE_FIELDS.map((name) => `has(self.${name})`)
  return field(schema, {
    description: 'Service that holds the secrets, identity for reading them, and namespaces that may use the store.',
    rules: [
      { rule: named.join(' || '), message: `${anyOf(SERVICE_FIELDS)} is required; \`KMS: {}\` is enough` },
      {
        rule: `[${named.join(', ')}].filter(one, one).size() <= 1`,
        message: `more than one service: keep one of ${allOf(SERVICE_FIELDS)}`,
      },
    ],
  })
}

/** Spec of a SecretStore, strict: expects absent fields where the API allows empty ones, see `parseSecretStore`. */
export const secretStoreSpecSchema = storeSpec('Namespaced')
/** Spec of a ClusterSecretStore, strict, see `parseClusterSecretStore`. References require a namespace. */
export const clusterSecretStoreSpecSchema = storeSpec('Cluster')
