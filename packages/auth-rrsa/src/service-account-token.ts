import { isSecretSyncError, SecretSyncError, Sensitive, toSecretSyncError } from '@ack-secret-manager/core'
import { oidcClaims, type OidcTokenSource, unauthenticated } from './oidc-token.ts'

export interface ServiceAccountTokenRequest {
  readonly namespace: string
  readonly name: string
  readonly audiences: readonly string[]
  readonly signal: AbortSignal
}

export interface ServiceAccountTokenOptions {
  readonly namespace: string
  readonly name: string
  /** UID of the ServiceAccount. With it, tokens of a re-created ServiceAccount are rejected. @default any */
  readonly uid?: string
  /** Audiences of the token; one must be a client id of the OIDC provider. @default ['sts.aliyuncs.com'] */
  readonly audiences?: readonly string[]
  /**
   * Creates `serviceaccounts/token` at the API server and returns `status.token`. May reject with an error of a Kubernetes
   * client that has a numeric `status`.
   */
  readonly request: (request: ServiceAccountTokenRequest) => Promise<string | Sensitive<string>>
}

/**
 * Requests a new token of a ServiceAccount at each refresh (TokenRequest). Caches none, so deleting the ServiceAccount stops
 * the next refresh.
 */
export function serviceAccountToken(options: ServiceAccountTokenOptions): OidcTokenSource {
  const { namespace, name, uid, audiences = ['sts.aliyuncs.com'], request } = options
  const description = `ServiceAccount ${namespace}/${name}`
  return {
    description,
    fingerprint: ['service-account', namespace, name, uid ?? '', ...audiences],
    async token({ signal }) {
      const token = await request({ namespace, name, audiences, signal }).catch((error: unknown) => {
        throw requestFailure(error, description)
      })
      const sensitive = token instanceof Sensitive ? token : new Sensitive(token)
      const { serviceAccountUid } = oidcClaims(sensitive, `the token of ${description}`)
      if (uid !== undefined && serviceAccountUid !== undefined && serviceAccountUid !== uid) {
        throw unauthenticated(description, 'has another UID: it was deleted and created again')
      }
      return sensitive
    },
  }
}

function requestFailure(error: unknown, what: string): SecretSyncError {
  if (isSecretSyncError(error)) {
    const isRefusal = error.code === 'NotFound' || error.code === 'AccessDenied'
    return isRefusal ? new SecretSyncError('Unauthenticated', error.message, { facts: error.facts }) : error
  }
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 0
  const failure = (code: SecretSyncError['code'], why: string): SecretSyncError =>
    new SecretSyncError(code, `${what}: ${why} (HTTP ${status})`, { facts: { httpStatus: status } })
  if (status === 404) return failure('Unauthenticated', 'it does not exist')
  if (status === 401 || status === 403) {
    return failure(
      'Unauthenticated',
      'the API server denies the TokenRequest: allow "create" on "serviceaccounts/token"',
    )
  }
  if (status === 429) return failure('Throttled', 'the API server throttles')
  if (status >= 500) return failure('Unavailable', 'the API server cannot issue a token at the moment')
  if (status >= 400) return failure('Unauthenticated', 'the API server rejects a token request for these audiences')
  return toSecretSyncError(error, `token of ${what}`)
}
