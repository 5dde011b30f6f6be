import { type Clock, SecretSyncError, type Sensitive, systemClock } from '@ack-secret-manager/core'

/** Where OIDC tokens come from. */
export interface OidcTokenSource {
  /** For people: `token file /var/run/…`, `ServiceAccount prod/app`. */
  readonly description: string
  /** What makes two sources the same one, without any token. */
  readonly fingerprint: readonly string[]
  /**
   * The token as it is now. Asked for at each refresh of the credential, about once an hour.
   * @throws SecretSyncError `Unauthenticated` when there is none, `Unavailable` | `Timeout` when it cannot be had now
   */
  token(options: { signal: AbortSignal }): Promise<Sensitive<string>>
}

/** What a token says of itself. Not verified: that is for STS. */
export interface OidcClaims {
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]
  /** Wall-clock milliseconds. */
  readonly expiresAtMs: number
  /** UID of the ServiceAccount, where Kubernetes issued it. */
  readonly serviceAccountUid: string | undefined
}

/** Longest token that STS takes. Alibaba Cloud STS API reference, AssumeRoleWithOIDC. */
export const MAX_OIDC_TOKEN_LENGTH = 20_000

/** Furthest date that a `Date` can hold. */
const MAX_DATE_SECONDS = 8_640_000_000_000

const JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/

/**
 * Reads the claims of a JSON Web Token.
 * @param what names the token in errors, which never hold any of it
 * @throws SecretSyncError `Unauthenticated` when it is empty, too long, cut in two, or no JSON Web Token
 */
export function oidcClaims(token: Sensitive<string>, what: string): OidcClaims {
  const text = token.expose()
  if (text === '') throw refused(what, 'is empty')
  if (text.length > MAX_OIDC_TOKEN_LENGTH) throw refused(what, `is longer than ${MAX_OIDC_TOKEN_LENGTH} characters`)
  if (/\s/.test(text)) throw refused(what, 'has white space inside: is it cut by a line break?')
  const claims = parse(JWT.exec(text)?.[1])
  const { iss, sub, aud, exp, 'kubernetes.io': kubernetes } = claims
  const audiences = typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud.filter(isString) : []
  if (!isString(iss) || !isString(sub) || typeof exp !== 'number' || !(Math.abs(exp) <= MAX_DATE_SECONDS)) {
    throw refused(what, 'is not a JSON Web Token with issuer, subject and expiry')
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
 * The token of a source as it is now, and its claims.
 * @throws SecretSyncError as the source and {@link oidcClaims}; `Unauthenticated` when it has expired by its own account
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
  throw refused(
    description,
    `holds a token that expired at ${when}: is whoever renews it alive, and this machine's clock right?`,
  )
}

/**
 * The same source, told apart by what its token says of itself now: with one for another issuer, subject or audience in its
 * place it is another identity.
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

/** What a token is not good for. */
export function refused(what: string, why: string): SecretSyncError {
  return new SecretSyncError('Unauthenticated', `${what} ${why}`)
}

function parse(part: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')))
  } catch {
    // The parser would quote the token; without claims it is refused by the caller.
    return {}
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}
