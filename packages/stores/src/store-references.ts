import type { StoreReference } from '@ack-secret-manager/core'
import {
  type ClusterSecretStoreResource,
  ramIdentityOf,
  type SecretKeyRef,
  type SecretStoreResource,
  type StoreAccess,
  storeServiceOf,
} from '@ack-secret-manager/resources'

/** Namespace and name of an object. An empty namespace means a ClusterSecretStore. */
export interface NamespacedName {
  readonly namespace: string
  readonly name: string
}

export interface NamespacedSecretKey extends NamespacedName {
  readonly key: string
}

/** A store of either kind. */
export type StoreResource = SecretStoreResource | ClusterSecretStoreResource

/** The objects that a store takes its credentials from. */
export interface StoreReferences {
  /** `field` is the path of the reference in the store. */
  readonly secretKeys: ReadonlyArray<NamespacedSecretKey & { readonly field: string }>
  readonly serviceAccounts: ReadonlyArray<NamespacedName & { readonly field: string }>
  /** The store uses the operator identity, or a role that the operator identity assumes. */
  readonly usesOperatorIdentity: boolean
}

/** RAM authentication of a store and its path; undefined for a client key or a backend package. */
export function ramAuthOf(spec: StoreResource['spec']): Extract<StoreAccess, { kind: 'ram' }> | undefined {
  const service = storeServiceOf(spec)
  return service.kind === 'endpoint' && service.access.kind === 'ram' ? service.access : undefined
}

/** The credential references of a store, whether or not it may use them. Pure. */
export function referencesOf({ metadata, spec }: StoreResource): StoreReferences {
  const namespaceOf = (ref: { readonly namespace?: string }): string => ref.namespace ?? metadata.namespace
  const service = storeServiceOf(spec)
  const access = service.kind === 'endpoint' ? service.access : undefined
  const refs: ReadonlyArray<readonly [string, SecretKeyRef | undefined]> =
    access?.kind === 'client-key'
      ? [
          ['clientKeyContent', access.content],
          ['password', access.password],
        ]
      : [
          ['accessKey', access?.auth?.accessKey],
          ['accessKeySecret', access?.auth?.accessKeySecret],
        ]
  const account = access?.kind === 'ram' ? access.auth?.serviceAccountRef : undefined
  return {
    secretKeys: refs.flatMap(([name, ref]) =>
      ref === undefined
        ? []
        : [{ namespace: namespaceOf(ref), name: ref.name, key: ref.key, field: `${access?.field}.${name}` }],
    ),
    serviceAccounts:
      account === undefined
        ? []
        : [{ namespace: namespaceOf(account), name: account.name, field: `${access?.field}.serviceAccountRef` }],
    usesOperatorIdentity: access?.kind === 'ram' && ramIdentityOf(access.auth).source.kind === 'own',
  }
}

/** Namespace of the store that a resource of `namespace` references; empty for a ClusterSecretStore. */
export function homeOf(ref: Pick<StoreReference, 'kind' | 'namespace'>, namespace: string): string {
  return ref.kind === 'ClusterSecretStore' ? '' : ref.namespace || namespace
}

/** `SecretStore prod/kms` or `ClusterSecretStore shared`, for messages. */
export function storeLabel(namespace: string, name: string): string {
  return namespace === '' ? `ClusterSecretStore ${name}` : `SecretStore ${namespace}/${name}`
}
