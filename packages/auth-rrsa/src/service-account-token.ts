import { isSecretSyncError, SecretSyncError, Sensitive, toSecretSyncError } from '@ack-secret-manager/core'
import { oidcClaims, type OidcTokenSource, refused } from './oidc-token.ts'

/** What a TokenRequest asks the API server for. */
export interface ServiceAccountTokenRequest {
  readonly namespace: string
  readonly name: string
  readonly audiences: readonly string[]
  readonly signal: AbortSignal
}

/** Options of {@link serviceAccountToken}. */
export interface ServiceAccountTokenOptions {
  readonly namespace: string
  readonly name: string
  /** UID of the ServiceAccount. With it a re-created one is another identity, and its tokens are refused here. @default any */
  readonly uid?: string
  /** What the token is for; STS wants a client id of the OIDC provider among them. @default ['sts.aliyuncs.com'] */
  readonly audiences?: readonly string[]
  /**
   * Creates `serviceaccounts/token` at the API server and gives `status.token`. May reject with what a Kubernetes
   * client throws: its numeric `status` is understood.
   */
  readonly request: (request: ServiceAccountTokenRequest) => Promise<string | Sensitive<string>>
}

/**
 * A fresh token of a ServiceAccount each time, by TokenRequest. None is kept: when the ServiceAccount goes, so does the
 * next credential.
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
        throw refused(description, 'is another one now: it was deleted and created again')
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
    return failure('Unauthenticated', 'no token may be requested: allow "create" on "serviceaccounts/token" for it')
  }
  if (status === 429) return failure('Throttled', 'the API server throttles')
  if (status >= 500) return failure('Unavailable', 'the API server cannot issue a token now')
  if (status >= 400) return failure('Unauthenticated', 'the API server refuses to issue a token for these audiences')
  return toSecretSyncError(error, `token of ${what}`)
}
