import { generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto'

const ISSUER = 'https://oidc.example/c1'
const SUBJECT = 'system:serviceaccount:prod:app'
const AUDIENCE = 'sts.aliyuncs.com'

/** A cluster that signs tokens for one ServiceAccount. */
export interface TestCluster {
  readonly issuer: string
  readonly trust: { readonly issuer: string; readonly audience: string; readonly subject: string }
  readonly jwks: { readonly keys: (JsonWebKey & { kty: string; kid: string })[] }
  /** A token that is valid for ten minutes, with a claim that must not show. */
  token(claim: string): string
}

export function testCluster(): TestCluster {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = 'key-1'
  return {
    issuer: ISSUER,
    trust: { issuer: ISSUER, audience: AUDIENCE, subject: SUBJECT },
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kty: 'RSA', kid }] },
    token(claim) {
      const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
      const exp = Math.floor(Date.now() / 1_000) + 600
      const claims = { iss: ISSUER, sub: SUBJECT, aud: [AUDIENCE], exp, jti: claim }
      const signed = `${encode({ alg: 'RS256', kid })}.${encode(claims)}`
      return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
    },
  }
}
