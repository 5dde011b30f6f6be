import { type CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'
import { OWN_IDENTITY_HINT } from '../../operator-identity.ts'
import { matchesGlob } from '../admission/secret-glob.ts'

/** To which namespaces what is the process's own is lent: its identity, its OIDC token, its ServiceAccount, the RAM role of its node. */
export class OwnLending {
  readonly #identity: CredentialProvider | undefined
  readonly #namespaces: readonly string[]

  /** @param namespaces names, `*` for any characters */
  constructor(identity: CredentialProvider | undefined, namespaces: readonly string[] = ['*']) {
    this.#identity = identity
    this.#namespaces = namespaces
  }

  /** A ClusterSecretStore, whose namespace is empty, says itself who may use it. */
  admits(namespace: string): boolean {
    return namespace === '' || this.#namespaces.some((pattern) => matchesGlob(pattern, namespace))
  }

  /**
   * @param who names what is read with it, for the error
   * @throws SecretSyncError `StoreNotAllowed`
   */
  check(namespace: string, who: string, field: string): void {
    if (this.admits(namespace)) return
    throw new SecretSyncError(
      'StoreNotAllowed',
      `${who}: namespace ${namespace} may not read as the operator itself; use a store with an AccessKey or a serviceAccountRef, or have the namespace added to --own-identity-namespaces`,
      { facts: { field } },
    )
  }

  /** @throws SecretSyncError `Unauthenticated` where there is none */
  identity(who: string): CredentialProvider {
    if (this.#identity !== undefined) return this.#identity
    throw new SecretSyncError(
      'Unauthenticated',
      `${who} is read with the operator's own identity, and none is configured: ${OWN_IDENTITY_HINT}, or use a store that says as whom`,
    )
  }
}
