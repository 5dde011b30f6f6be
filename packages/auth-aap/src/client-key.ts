import { createHash, type KeyObject, sign } from 'node:crypto'
import { type Clock, fingerprint, type Identity, SecretSyncError, systemClock } from '@ack-secret-manager/core'
import { MAX_CLIENT_KEY_BYTES, readClientKeyFile } from './internal/client-key-file.ts'
import { openPkcs12, type PartNames } from './internal/pkcs12.ts'
import { refused, type SecretInput, secretText } from './internal/secret-text.ts'

/** Options of {@link parseClientKey}. */
export interface ClientKeyOptions {
  /** The client key file as KMS gave it: JSON with `KeyId` and `PrivateKeyData`. */
  readonly content: SecretInput
  /** Its password. White space, a byte order mark and a final newline around it are dropped. */
  readonly password: SecretInput
  /** Names the file in errors: `key "clientKey.json" of Secret prod/aap`. @default 'client key' */
  readonly contentName?: string
  /** Names the password in errors. @default 'client key password' */
  readonly passwordName?: string
  /** @default systemClock */
  readonly clock?: Clock
}

/** The client key of an application access point (AAP): proves who asks at the gateway of a KMS instance. */
export interface ClientKey {
  /** `KAAP.…` */
  readonly keyId: string
  /** `account` is the key id: whose quota a call uses. */
  readonly identity: Identity
  /** As in {@link ClientKey.identity}: equal only for the same id with the same key, valid for the same time. */
  readonly fingerprint: string
  /** Wall-clock milliseconds; absent where the file has no certificate that tells. */
  readonly notBeforeMs?: number
  /** Wall-clock milliseconds; absent where the file has no certificate that tells. */
  readonly notAfterMs?: number
  /**
   * RSASSA-PKCS1-v1_5 with SHA-256.
   * @throws SecretSyncError `Unauthenticated` outside of the key's validity, `Cancelled` after {@link ClientKey.close}
   */
  sign(bytes: Uint8Array): Uint8Array
  /** Forgets the key. */
  close(): void
}

const MAX_PASSWORD_BYTES = 1_024
const MIN_KEY_BITS = 2_048
const MAX_KEY_BITS = 8_192

/**
 * Opens a client key file with its password. Reads what KMS makes (PKCS#12 with RC2-40 and 3DES, which OpenSSL 3 refuses) and
 * files made anew with AES. Takes about 25 ms of the event loop; at most about a quarter of a second for a file made to hurt.
 * @throws SecretSyncError `Unauthenticated` naming the part and what is wrong with it, never what is in it
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
  // A renewed certificate makes a key of its own, although only its time is another: who shares a key shares its end.
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
  if (notAfterMs !== undefined && nowMs > notAfterMs) {
    throw refused(description, `expired at ${timeText(notAfterMs)}: create a new one in KMS`)
  }
  if (notBeforeMs !== undefined && nowMs < notBeforeMs) {
    throw refused(description, `is not valid before ${timeText(notBeforeMs)}: wait, or check this machine's clock`)
  }
}

function requireRsa(key: KeyObject, part: string): void {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < MIN_KEY_BITS || bits > MAX_KEY_BITS) {
    throw refused(part, `has a key that is not RSA of ${MIN_KEY_BITS} to ${MAX_KEY_BITS} bits`)
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
