import { createHash, type KeyObject, sign } from 'node:crypto'
import { type Clock, fingerprint, type Identity, SecretSyncError, systemClock } from '@ack-secret-manager/core'
import { MAX_CLIENT_KEY_BYTES, readClientKeyFile } from './internal/client-key-file.ts'
import { openPkcs12, type PartNames } from './internal/pkcs12.ts'
import { unauthenticated, type SecretInput, secretText } from './internal/secret-text.ts'

export interface ClientKeyOptions {
  /** The client key file from KMS: JSON with `KeyId` and `PrivateKeyData`. */
  readonly content: SecretInput
  /** Password of the file. White space, a byte order mark and a final newline are trimmed. */
  readonly password: SecretInput
  /** Names the file in errors: `key "clientKey.json" of Secret prod/aap`. @default 'client key' */
  readonly contentName?: string
  /** Names the password in errors. @default 'client key password' */
  readonly passwordName?: string
  /** @default systemClock */
  readonly clock?: Clock
}

/** The client key of an application access point (AAP): authenticates at the gateway of a KMS instance. */
export interface ClientKey {
  /** `KAAP.…` */
  readonly keyId: string
  /** `account` is the key id, which the quota of calls depends on. */
  readonly identity: Identity
  /** As in {@link ClientKey.identity}: equal only for the same id, key and validity. */
  readonly fingerprint: string
  /** Wall-clock milliseconds; absent if the file has no certificate. */
  readonly notBeforeMs?: number
  /** Wall-clock milliseconds; absent if the file has no certificate. */
  readonly notAfterMs?: number
  /**
   * RSASSA-PKCS1-v1_5 with SHA-256.
   * @throws SecretSyncError `Unauthenticated` outside the validity of the key, `Cancelled` after {@link ClientKey.close}
   */
  sign(bytes: Uint8Array): Uint8Array
  /** Drops the key. */
  close(): void
}

const MAX_PASSWORD_BYTES = 1_024
const MIN_KEY_BITS = 2_048
const MAX_KEY_BITS = 8_192

/**
 * Opens a client key file with its password. Supports the files of KMS (PKCS#12 with RC2-40 and 3DES, which OpenSSL 3 rejects)
 * and files that were re-encrypted with AES. Blocks the event loop for about 25 ms, and for a hostile file at most 250 ms, or 500 ms if
 * its MAC does not match.
 * @throws SecretSyncError `Unauthenticated` naming the part and its defect, never its content
 */
export function parseClientKey(options: ClientKeyOptions): ClientKey {
  const {
    content,
    password,
    contentName = 'client key',
    passwordName = 'client key password',
    clock = systemClock,
  } = options
  const parts: PartNames = { content: contentName, password: passwordName }
  const file = readClientKeyFile(secretText(content, contentName, MAX_CLIENT_KEY_BYTES), contentName)
  const passwordText = secretText(password, passwordName, MAX_PASSWORD_BYTES)
  const { privateKey, certificate } = openPkcs12(file.pkcs12, passwordText, parts)
  requireRsa(privateKey, contentName)
  const validity: Validity =
    certificate === undefined
      ? {}
      : { notBeforeMs: certificate.validFromDate.getTime(), notAfterMs: certificate.validToDate.getTime() }
  requireValid(`client key ${file.keyId}`, validity, clock.now())
  return clientKey(file.keyId, privateKey, validity, clock)
}

interface Validity {
  readonly notBeforeMs?: number
  readonly notAfterMs?: number
}

function clientKey(keyId: string, privateKey: KeyObject, validity: Validity, clock: Clock): ClientKey {
  const description = `client key ${keyId}`
  const material = createHash('sha256')
    .update(privateKey.export({ format: 'der', type: 'pkcs8' }))
    .digest('base64')
  // The validity is part of the fingerprint, because stores that share a key also share its expiry.
  const time = [validity.notBeforeMs, validity.notAfterMs].map(String)
  const identity: Identity = {
    kind: 'aap',
    fingerprint: fingerprint('aap', keyId, material, ...time),
    description,
    account: keyId,
  }
  let key: KeyObject | undefined = privateKey
  return {
    keyId,
    identity,
    fingerprint: identity.fingerprint,
    ...validity,
    sign(bytes) {
      if (key === undefined) throw new SecretSyncError('Cancelled', `${description} is closed`)
      requireValid(description, validity, clock.now())
      return sign('sha256', bytes, key)
    },
    close() {
      key = undefined
    },
  }
}

function requireValid(description: string, { notBeforeMs, notAfterMs }: Validity, nowMs: number): void {
  const facts = { outsideValidity: true } as const
  if (notAfterMs !== undefined && nowMs > notAfterMs) {
    throw unauthenticated(description, `expired at ${timeText(notAfterMs)}: create a new one in KMS`, facts)
  }
  if (notBeforeMs !== undefined && nowMs < notBeforeMs) {
    const why = `is not valid before ${timeText(notBeforeMs)}: wait, or check this machine's clock`
    throw unauthenticated(description, why, facts)
  }
}

function requireRsa(key: KeyObject, part: string): void {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < MIN_KEY_BITS || bits > MAX_KEY_BITS) {
    throw unauthenticated(part, `has a key that is not RSA of ${MIN_KEY_BITS} to ${MAX_KEY_BITS} bits`)
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
