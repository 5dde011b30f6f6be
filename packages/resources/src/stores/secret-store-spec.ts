import { z } from 'zod'
import type { StoreScope } from './credential-refs.ts'
import { field } from '../schema/field.ts'
import { kmsStore, type KmsStore } from './kms-store-spec.ts'
import type { NamespaceCondition } from '../namespaces/namespace-condition-spec.ts'
import { oosStore, type OosStore, pluginStore, type PluginStore } from './other-store-specs.ts'
import { type AllowEntry, allowField, conditionsField, maxReadsField, maxSecretsField } from './store-admission-spec.ts'

const SERVICES = ['KMS', 'OOS', 'plugin'] as const

/** Which namespaces may use a store, and which secrets they may read. */
export interface StoreAdmission {
  /** Which namespaces may read which secrets; absent: all. */
  readonly allow?: readonly AllowEntry[]
  /** Which namespaces may use the store; absent: all. */
  readonly conditions?: readonly NamespaceCondition[]
  /** Maximum number of secrets that each namespace may read through the store; absent: no limit. */
  readonly maxSecretsPerNamespace?: number
  /** Maximum number of reads per second; absent: only the limit of the account. */
  readonly maxReadsPerSecond?: number
}

/** Spec of a SecretStore or ClusterSecretStore with its defaults filled in: one service, and who may use it. */
export type SecretStoreSpec = Readonly<
  StoreAdmission &
    (
      | { KMS: KmsStore; OOS?: never; plugin?: never }
      | { KMS?: never; OOS: OosStore; plugin?: never }
      | { KMS?: never; OOS?: never; plugin: PluginStore }
    )
>

function storeSpec(scope: StoreScope) {
  const schema = z
    .strictObject({
      KMS: kmsStore(scope),
      OOS: oosStore(scope),
      plugin: pluginStore(),
      allow: allowField(),
      conditions: conditionsField(),
      maxSecretsPerNamespace: maxSecretsField(),
      maxReadsPerSecond: maxReadsField(),
    })
    .transform(({ KMS, OOS, plugin, allow = [], conditions = [], ...limits }, context): SecretStoreSpec => {
      const [first, second] = SERVICES.filter((service) => ({ KMS, OOS, plugin })[service] !== undefined)
      if (first !== undefined && second !== undefined) {
        context.addIssue({
          code: 'custom',
          path: [second],
          message: `cannot be combined with ${first}: keep one of them`,
        })
        return z.NEVER
      }
      // An empty list means the same as an absent one.
      const admission = {
        ...(allow.length === 0 ? {} : { allow }),
        ...(conditions.length === 0 ? {} : { conditions }),
        ...limits,
      }
      if (KMS !== undefined) return Object.freeze({ KMS, ...admission })
      if (OOS !== undefined) return Object.freeze({ OOS, ...admission })
      if (plugin !== undefined) return Object.freeze({ plugin, ...admission })
      context.addIssue({ code: 'custom', path: ['KMS'], message: 'required, but missing; `KMS: {}` is enough' })
      return z.NEVER
    })
  return field(schema, {
    description: 'Service that holds the secrets, identity for reading them, and namespaces that may use the store.',
    rules: [
      {
        rule: 'has(self.KMS) || has(self.OOS) || has(self.plugin)',
        message: 'KMS, OOS or plugin is required; `KMS: {}` is enough',
      },
      {
        rule: '[has(self.KMS), has(self.OOS), has(self.plugin)].filter(one, one).size() <= 1',
        message: 'more than one service: keep one of KMS, OOS and plugin',
      },
    ],
  })
}

/** Spec of a SecretStore, strict: expects absent fields where the API allows empty ones, see `parseSecretStore`. */
export const secretStoreSpecSchema = storeSpec('Namespaced')
/** Spec of a ClusterSecretStore, strict, see `parseClusterSecretStore`. References require a namespace. */
export const clusterSecretStoreSpecSchema = storeSpec('Cluster')
