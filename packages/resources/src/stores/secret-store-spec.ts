import { z } from 'zod'
import type { StoreScope } from './credential-refs.ts'
import { field } from '../schema/field.ts'
import { kmsStore, type KmsStore } from './kms-store-spec.ts'
import type { NamespaceCondition } from '../namespaces/namespace-condition-spec.ts'
import { oosStore, type OosStore, pluginStore, type PluginStore } from './other-store-specs.ts'
import { type AllowEntry, allowField, conditionsField, maxReadsField, maxSecretsField } from './store-admission-spec.ts'

const PLACES = ['KMS', 'OOS', 'plugin'] as const

/** Who may use a store, and to read what. */
export interface StoreAdmission {
  /** Which namespaces may read which secrets; absent: all. */
  readonly allow?: readonly AllowEntry[]
  /** Which namespaces may use the store; absent: all. */
  readonly conditions?: readonly NamespaceCondition[]
  /** How many secrets each namespace may read through the store; absent: any number. */
  readonly maxSecretsPerNamespace?: number
  /** How many reads per second go through the store; absent: as many as its account allows. */
  readonly maxReadsPerSecond?: number
}

/** Spec of a SecretStore or ClusterSecretStore with its defaults filled in: one place, and who may use it. */
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
      const [first, second] = PLACES.filter((place) => ({ KMS, OOS, plugin })[place] !== undefined)
      if (first !== undefined && second !== undefined) {
        context.addIssue({ code: 'custom', path: [second], message: `goes not together with ${first}: keep one` })
        return z.NEVER
      }
      // Empty lists mean what absent ones mean, as everywhere in this API.
      const admission = {
        ...(allow.length === 0 ? {} : { allow }),
        ...(conditions.length === 0 ? {} : { conditions }),
        ...limits,
      }
      if (KMS !== undefined) return Object.freeze({ KMS, ...admission })
      if (OOS !== undefined) return Object.freeze({ OOS, ...admission })
      if (plugin !== undefined) return Object.freeze({ plugin, ...admission })
      context.addIssue({ code: 'custom', path: ['KMS'], message: 'required, but missing; `KMS: {}` will do' })
      return z.NEVER
    })
  return field(schema, {
    description: 'Where secrets lie, as whom they are read, and who may read them.',
    rules: [
      {
        rule: 'has(self.KMS) || has(self.OOS) || has(self.plugin)',
        message: 'KMS, OOS or plugin is required; `KMS: {}` will do',
      },
      {
        rule: '[has(self.KMS), has(self.OOS), has(self.plugin)].filter(one, one).size() <= 1',
        message: 'more than one place: keep one of KMS, OOS and plugin',
      },
    ],
  })
}

/** Spec of a SecretStore, strict: expects absent fields where the API allows empty ones, see `parseSecretStore`. */
export const secretStoreSpecSchema = storeSpec('Namespaced')
/** Spec of a ClusterSecretStore, strict, see `parseClusterSecretStore`. References name their namespaces. */
export const clusterSecretStoreSpecSchema = storeSpec('Cluster')
