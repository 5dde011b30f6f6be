import { type AllowTokensEntry, ramIdentityOf } from '@ack-secret-manager/resources'
import { ramAuthOf, referencesOf, type StoreResource } from '../../store-references.ts'

/** What a token is for: an instance of Container Registry, or a RAM role. */
export type TokenSubject =
  | { readonly kind: 'instance'; readonly name: string }
  | { readonly kind: 'role'; readonly name: string }

/** The rules of a store for tokens. */
export interface TokenRules {
  readonly allowTokens: readonly AllowTokensEntry[] | undefined
  /** Namespace of the store; empty for a ClusterSecretStore. */
  readonly home: string
  /** Result of {@link whyNotItsIdentity}. */
  readonly notItsIdentity: string | undefined
}

export interface TokenRequest {
  readonly namespace: string
  readonly subject: TokenSubject
}

const NO_TOKENS = 'so it hands out no tokens'

/** Why the rules do not allow a token, as the end of a sentence about the store; undefined if they do. */
export function whyNoToken(
  { allowTokens, home, notItsIdentity }: TokenRules,
  { namespace, subject: { kind, name } }: TokenRequest,
): string | undefined {
  if (allowTokens === undefined) return 'hands out no tokens; spec.allowTokens of the store can allow it'
  if (notItsIdentity !== undefined) return notItsIdentity
  const isFor = (namespaces: readonly string[]): boolean =>
    // A flag may let all namespaces use a SecretStore, so its owner must name the other namespaces that get tokens.
    namespaces.length === 0 ? home === '' || home === namespace : namespaces.includes(namespace)
  const isAllowed = allowTokens.some(
    ({ namespaces, instances, roles }) => isFor(namespaces) && (kind === 'instance' ? instances : roles).includes(name),
  )
  if (isAllowed) return undefined
  return `does not allow namespace ${namespace} a token for ${kind} ${name}; spec.allowTokens of the store lists the allowed ones`
}

/**
 * Why a SecretStore must not hand out tokens of its identity, as the end of a sentence about the store: the identity belongs to the operator
 * or to another namespace. Undefined for a ClusterSecretStore, and for an identity of the store's own namespace. Pure.
 */
export function whyNotItsIdentity(store: StoreResource): string | undefined {
  const { namespace } = store.metadata
  if (namespace === '') return undefined
  const { kind } = ramIdentityOf(ramAuthOf(store.spec)?.auth).source
  if (kind === 'own' || kind === 'worker-role' || kind === 'rrsa')
    return `has the identity of the operator, ${NO_TOKENS}; use an identity of its own, or a ClusterSecretStore`
  const { secretKeys, serviceAccounts } = referencesOf(store)
  const foreign = [...secretKeys, ...serviceAccounts].find((ref) => ref.namespace !== namespace)
  return foreign && `has an identity of namespace ${foreign.namespace}, ${NO_TOKENS}; use a ClusterSecretStore`
}

/** Why `allowTokens` of a store has no effect, as the end of a sentence about the store; undefined if it has one, or is absent. Pure. */
export function whyNoTokens(store: StoreResource): string | undefined {
  if (store.spec.allowTokens === undefined) return undefined
  return ramAuthOf(store.spec) === undefined ? `has no RAM identity, ${NO_TOKENS}` : whyNotItsIdentity(store)
}
