import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** Claims of a token; `undefined` leaves one out. */
export type TokenClaims = Readonly<Record<string, unknown>>

/** Signs tokens as the API server of a cluster does. */
export class OidcIssuer {
  readonly keyId: string
  readonly #algorithm: 'RS256' | 'ES256'
  readonly #privateKey: KeyObject
  readonly #publicKey: KeyObject

  constructor(algorithm: 'RS256' | 'ES256' = 'RS256', keyId: string = `key-${algorithm}`) {
    this.keyId = keyId
    this.#algorithm = algorithm
    const { privateKey, publicKey } =
      algorithm === 'RS256'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#privateKey = privateKey
    this.#publicKey = publicKey
  }

  /** The public key as a key set holds it. */
  get jwk(): { kty: string; kid: string } {
    return {
      ...this.#publicKey.export({ format: 'jwk' }),
      kty: this.#algorithm === 'RS256' ? 'RSA' : 'EC',
      kid: this.keyId,
    }
  }

  token(claims: TokenClaims, header: TokenClaims = {}): string {
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
    const signed = `${encode({ alg: this.#algorithm, kid: this.keyId, typ: 'JWT', ...header })}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(signed), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' })
    return `${signed}.${signature.toString('base64url')}`
  }
}
