import { timingSafeEqual } from 'node:crypto'
import type { AccessKey, KeyRing } from './access-keys.ts'
import { ApiError } from './api-error.ts'
import type { NonceStore } from './nonce-store.ts'
import type { SignatureClaim } from './signature/claim.ts'

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const MAX_SKEW_MS = 900_000
const MAX_NONCE_LENGTH = 128

/** Compares in constant time. */
function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

function checkDate(date: string, nowMs: number): void {
  const dateMs = DATE.test(date) ? Date.parse(date) : Number.NaN
  if (Number.isNaN(dateMs)) {
    throw new ApiError(400, 'InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.')
  }
  if (Math.abs(nowMs - dateMs) > MAX_SKEW_MS) {
    throw new ApiError(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.')
  }
}

function checkToken(key: AccessKey, token: string | undefined, nowMs: number): void {
  if (key.securityToken === undefined) {
    if (token === undefined) return
    throw new ApiError(
      400,
      'InvalidSecurityToken.MismatchWithAccessKey',
      'Specified SecurityToken mismatch with the AccessKey.',
    )
  }
  if (token === undefined) {
    throw new ApiError(400, 'MissingSecurityToken', 'SecurityToken is mandatory for this action.')
  }
  if (!sameText(key.securityToken, token)) {
    throw new ApiError(
      400,
      'InvalidSecurityToken.MismatchWithAccessKey',
      'Specified SecurityToken mismatch with the AccessKey.',
    )
  }
  if (key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs) {
    throw new ApiError(400, 'InvalidSecurityToken.Expired', 'Specified SecurityToken is expired.')
  }
}

/** Authenticates the sender of a request, or rejects it as the gateway does. */
export class Authenticator {
  readonly #accessKeys: KeyRing
  readonly #nonces: NonceStore

  constructor(options: { readonly accessKeys: KeyRing; readonly nonces: NonceStore }) {
    this.#accessKeys = options.accessKeys
    this.#nonces = options.nonces
  }

  /** Claimed identity of a key id, not verified. */
  identityOf(accessKeyId: string): string {
    return this.#accessKeys.identityOf(accessKeyId)
  }

  /**
   * Verifies date (±15 minutes), signature, token and nonce, in this order: only a valid signature consumes a nonce.
   */
  verify(claim: SignatureClaim, nowMs: number): AccessKey {
    const key = this.#accessKeys.get(claim.accessKeyId)
    if (key === undefined) {
      throw new ApiError(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.')
    }
    checkDate(claim.date, nowMs)
    if (!sameText(claim.sign(key.secret), claim.signature)) {
      // Like the service, this echoes the signed text, which for V1 contains every parameter. Clients must not log it.
      throw new ApiError(
        400,
        'SignatureDoesNotMatch',
        `Specified signature is not matched with our calculation. server string to sign is:${claim.stringToSign}`,
      )
    }
    checkToken(key, claim.securityToken, nowMs)
    const nonceIsNew =
      claim.nonce.length <= MAX_NONCE_LENGTH && this.#nonces.use(`${claim.accessKeyId}:${claim.nonce}`, nowMs)
    if (!nonceIsNew) {
      throw new ApiError(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.')
    }
    return key
  }
}
