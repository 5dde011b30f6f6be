import { type CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'
import { OPERATOR_IDENTITY_HINT } from '../../operator-identity.ts'
import { matchesGlob } from '../admission/secret-glob.ts'

/** The namespaces that may use the operator identity: its credential, OIDC token and ServiceAccount, and the RAM role of its node. */
export class OperatorIdentityPolicy {
  readonly #identity: CredentialProvider | undefined
  readonly #namespaces: readonly string[]

  /** @param namespaces names, `*` for any characters */
  constructor(identity: CredentialProvider | undefined, namespaces: readonly string[] = ['*']) {
    this.#identity = identity
    this.#namespaces = namespaces
  }

  /** Always true for a ClusterSecretStore (empty namespace), because its own `conditions` restrict its use. */
  allows(namespace: string): boolean {
    return namespace === '' || this.#namespaces.some((pattern) => matchesGlob(pattern, namespace))
  }

  /**
   * @param requester the store or entry, for the error
   * @throws SecretSyncError `StoreNotAllowed`
   */
  check(namespace: string, requester: string, field: string): void {
    if (this.allows(namespace)) return
    throw new SecretSyncError(
      'StoreNotAllowed',
      `${requester}: namespace ${namespace} may not use the operator identity; use a store with an AccessKey or a serviceAccountRef, or add the namespace to --own-identity-namespaces`,
      { facts: { field } },
    )
  }

  /** @throws SecretSyncError `Unauthenticated` when no operator identity is configured */
  identity(requester: string): CredentialProvider {
    if (this.#identity !== undefined) return this.#identity
    throw new SecretSyncError(
      'Unauthenticated',
      `${requester} uses the operator identity, but none is configured: ${OPERATOR_IDENTITY_HINT}, or use a store with an identity`,
    )
  }
}
