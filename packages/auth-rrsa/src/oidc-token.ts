import { type Clock, SecretSyncError, type Sensitive, systemClock } from '@ack-secret-manager/core'

export interface OidcTokenSource {
  /** For messages: `token file /var/run/…`, `ServiceAccount prod/app`. */
  readonly description: string
  /** Equal for sources of the same identity. Contains no token. */
  readonly fingerprint: readonly string[]
  /**
   * The current token. Called at each refresh of the credential, about once an hour.
   * @throws SecretSyncError `Unauthenticated` when there is none, `Unavailable` | `Timeout` when it cannot be read at the moment
   */
  token(options: { signal: AbortSignal }): Promise<Sensitive<string>>
}

/** Claims of a token. Not verified; STS does that. */
export interface OidcClaims {
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]
  /** Wall-clock milliseconds. */
  readonly expiresAtMs: number
  /** UID of the ServiceAccount, if Kubernetes issued the token. */
  readonly serviceAccountUid: string | undefined
}

/** Longest token that STS accepts. Alibaba Cloud STS API reference, AssumeRoleWithOIDC. */
export const MAX_OIDC_TOKEN_LENGTH = 20_000

/** Latest time that a `Date` can hold. */
const MAX_DATE_SECONDS = 8_640_000_000_000

const JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/

/**
 * Reads the claims of a JSON Web Token.
 * @param what names the token in errors, which never contain it
 * @throws SecretSyncError `Unauthenticated` when it is empty, too long, contains white space, or is not a JSON Web Token
 */
export function oidcClaims(token: Sensitive<string>, what: string): OidcClaims {
  const text = token.expose()
  if (text === '') throw unauthenticated(what, 'is empty')
  if (text.length > MAX_OIDC_TOKEN_LENGTH)
    throw unauthenticated(what, `is longer than ${MAX_OIDC_TOKEN_LENGTH} characters`)
  if (/\s/.test(text)) throw unauthenticated(what, 'has white space inside: is it cut by a line break?')
  const claims = parse(JWT.exec(text)?.[1])
  const { iss, sub, aud, exp, 'kubernetes.io': kubernetes } = claims
  const audiences = typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud.filter(isString) : []
  if (!isString(iss) || !isString(sub) || typeof exp !== 'number' || !(Math.abs(exp) <= MAX_DATE_SECONDS)) {
    throw unauthenticated(what, 'is not a JSON Web Token with issuer, subject and expiry')
  }
  const uid = objectOf(objectOf(kubernetes)['serviceaccount'])['uid']
  return {
    issuer: iss,
    subject: sub,
    audiences,
    expiresAtMs: exp * 1_000,
    serviceAccountUid: isString(uid) ? uid : undefined,
  }
}

/**
 * The current token of a source, and its claims.
 * @throws SecretSyncError as the source and {@link oidcClaims}; `Unauthenticated` when the token has expired
 */
export async function usableToken(
  source: OidcTokenSource,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<{ readonly token: Sensitive<string>; readonly claims: OidcClaims }> {
  const { description } = source
  const token = await source.token({ signal })
  const claims = oidcClaims(token, description)
  if (claims.expiresAtMs > clock.now()) return { token, claims }
  const when = new Date(claims.expiresAtMs).toISOString()
  throw unauthenticated(
    description,
    `holds a token that expired at ${when}: check that it is renewed, and this machine's clock`,
  )
}

/**
 * The same source with the claims of its current token in the fingerprint. So a token of another issuer, subject or audience in
 * the same file is another identity.
 * @throws SecretSyncError as {@link usableToken}
 */
export async function withClaims(
  source: OidcTokenSource,
  { signal, clock = systemClock }: { readonly signal: AbortSignal; readonly clock?: Clock },
): Promise<OidcTokenSource> {
  const { issuer, subject, audiences } = (await usableToken(source, { signal, clock })).claims
  return {
    description: source.description,
    fingerprint: [...source.fingerprint, issuer, subject, ...audiences],
    token: (options) => source.token(options),
  }
}

/** Error about an unusable token. */
export function unauthenticated(what: string, why: string): SecretSyncError {
  return new SecretSyncError('Unauthenticated', `${what} ${why}`)
}

function parse(part: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')))
  } catch {
    // Drops the error of the parser, because it quotes the token. The caller rejects empty claims.
    return {}
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}
