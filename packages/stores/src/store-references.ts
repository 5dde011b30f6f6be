import type { StoreReference } from '@ack-secret-manager/core'
import {
  type ClusterSecretStoreResource,
  type RamAuth,
  ramIdentityOf,
  type SecretKeyRef,
  type SecretStoreResource,
} from '@ack-secret-manager/resources'

/** Namespace and name of an object. An empty namespace means a ClusterSecretStore. */
export interface NamespacedName {
  readonly namespace: string
  readonly name: string
}

/** Namespace, name and key of a Secret's entry. */
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

/** RAM authentication of a store and its path; undefined for a client key or a plug-in. */
export function ramAuthOf({
  KMS,
  OOS,
}: StoreResource['spec']): { auth: RamAuth | undefined; field: string } | undefined {
  if (KMS !== undefined && KMS.dedicatedKMSAuth?.clientKeyContent === undefined) {
    return { auth: KMS.KMSAuth, field: 'spec.KMS.KMSAuth' }
  }
  return OOS === undefined ? undefined : { auth: OOS.OOSAuth, field: 'spec.OOS.OOSAuth' }
}

/** The credential references of a store, whether or not it may use them. Pure. */
export function referencesOf({ metadata, spec }: StoreResource): StoreReferences {
  const secretKeys: Array<NamespacedSecretKey & { field: string }> = []
  const add = (ref: SecretKeyRef | undefined, field: string): void => {
    if (ref === undefined) return
    secretKeys.push({ namespace: ref.namespace ?? metadata.namespace, name: ref.name, key: ref.key, field })
  }
  const { auth, field } = ramAuthOf(spec) ?? { auth: undefined, field: '' }
  add(auth?.accessKey, `${field}.accessKey`)
  add(auth?.accessKeySecret, `${field}.accessKeySecret`)
  add(spec.KMS?.dedicatedKMSAuth?.clientKeyContent, 'spec.KMS.dedicatedKMSAuth.clientKeyContent')
  add(spec.KMS?.dedicatedKMSAuth?.password, 'spec.KMS.dedicatedKMSAuth.password')
  const account = auth?.serviceAccountRef
  return {
    secretKeys,
    serviceAccounts:
      account === undefined
        ? []
        : [
            {
              namespace: account.namespace ?? metadata.namespace,
              name: account.name,
              field: `${field}.serviceAccountRef`,
            },
          ],
    usesOperatorIdentity: ramAuthOf(spec) !== undefined && ramIdentityOf(auth).source.kind === 'own',
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
