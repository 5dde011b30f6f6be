import { type KeyObject, verify } from 'node:crypto'
import type { OidcProvider } from './oidc-providers.ts'
import { type OidcToken, tokenRefused } from './oidc-token.ts'

const SKEW_MS = 60_000
const KEY_TYPES = { RS256: 'rsa', ES256: 'ec' } as const

function isSignedBy(token: OidcToken, key: KeyObject): boolean {
  // The token chooses the algorithm, so a key of another kind must not be used with it.
  if (key.asymmetricKeyType !== KEY_TYPES[token.algorithm]) return false
  const signed = Buffer.from(token.signed)
  return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, token.signature)
}

/**
 * Verifies signature, issuer, validity and audience.
 * @throws ApiError `AuthenticationFail.OIDCToken.…`
 */
export async function verifyToken(token: OidcToken, provider: OidcProvider, nowMs: number): Promise<void> {
  const { claims } = token
  if (claims.issuer !== provider.issuer) {
    throw tokenRefused('IssuerNotMatch', 'The issuer of this JsonWebToken is not the one of the OIDC provider.')
  }
  const keys = await provider.keys.find(token.keyId)
  if (!keys.some((key) => isSignedBy(token, key))) throw tokenRefused('Invalid', 'This JsonWebToken is invalid.')
  if (claims.expiresAtMs <= nowMs) throw tokenRefused('Expired', 'This JsonWebToken is expired.')
  if (claims.notBeforeMs !== undefined && claims.notBeforeMs > nowMs + SKEW_MS) {
    throw tokenRefused('Invalid', 'This JsonWebToken is not valid yet.')
  }
  if (!claims.audiences.some((audience) => provider.clientIds.includes(audience))) {
    throw tokenRefused('AudienceNotMatch', 'The audience of this JsonWebToken is no client id of the OIDC provider.')
  }
}
