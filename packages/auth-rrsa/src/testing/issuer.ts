import { generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto'

/** A token issuer, like a cluster. */
export interface Issuer {
  readonly issuer: string
  readonly jwks: { readonly keys: (JsonWebKey & { kty: string; kid: string })[] }
  /** Signs a token. `undefined` removes a claim. */
  readonly token: (claims: Readonly<Record<string, unknown>>) => string
}

/** A new issuer with a new key. */
export function newIssuer(issuer: string): Issuer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = 'canary-kid'
  return {
    issuer,
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kty: 'RSA', kid }] },
    token(claims) {
      const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
      const signed = `${encode({ alg: 'RS256', kid })}.${encode({ iss: issuer, ...claims })}`
      return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
    },
  }
}
