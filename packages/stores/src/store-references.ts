import {
  type ClusterSecretStoreResource,
  type RamAuth,
  ramIdentityOf,
  type SecretKeyRef,
  type SecretStoreResource,
} from '@ack-secret-manager/resources'

/** Names an object of a namespace. An empty namespace is that of a ClusterSecretStore. */
export interface NamespacedName {
  readonly namespace: string
  readonly name: string
}

/** Names one key of a Secret, with its namespace. */
export interface NamespacedSecretKey extends NamespacedName {
  readonly key: string
}

/** A store of either kind. */
export type StoreResource = SecretStoreResource | ClusterSecretStoreResource

/** What a store takes its credentials from. */
export interface StoreReferences {
  /** With the path of the field that names each. */
  readonly secretKeys: ReadonlyArray<NamespacedSecretKey & { readonly field: string }>
  readonly serviceAccounts: ReadonlyArray<NamespacedName & { readonly field: string }>
  /** The store reads as the operator itself, or as a role that the operator itself assumes. */
  readonly usesOwnIdentity: boolean
}

/** RAM authentication of a store and its path; undefined where there can be none. */
export function ramAuthOf({
  KMS,
  OOS,
}: StoreResource['spec']): { auth: RamAuth | undefined; field: string } | undefined {
  if (KMS !== undefined && KMS.dedicatedKMSAuth?.clientKeyContent === undefined) {
    return { auth: KMS.KMSAuth, field: 'spec.KMS.KMSAuth' }
  }
  return OOS === undefined ? undefined : { auth: OOS.OOSAuth, field: 'spec.OOS.OOSAuth' }
}

/** Where a store's credentials lie, whether or not it may use them. Pure. */
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
    usesOwnIdentity: ramAuthOf(spec) !== undefined && ramIdentityOf(auth).source.kind === 'own',
  }
}

/** Namespace of the store that a reference names, for a resource of `namespace`; empty for a ClusterSecretStore. */
export function homeOf(
  ref: { readonly kind?: 'SecretStore' | 'ClusterSecretStore'; readonly namespace?: string },
  namespace: string,
): string {
  return ref.kind === 'ClusterSecretStore' ? '' : ref.namespace || namespace
}

/** `SecretStore prod/kms` or `ClusterSecretStore shared`, for messages. */
export function storeLabel(namespace: string, name: string): string {
  return namespace === '' ? `ClusterSecretStore ${name}` : `SecretStore ${namespace}/${name}`
}
