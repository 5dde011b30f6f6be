import {
  defined,
  type Clock,
  type Credential,
  type CredentialSource,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import { sdkFailure } from './sdk-errors.ts'
import { sessionExpiryMs } from './session-expiry.ts'

/** What the SDK tells of a credential. */
interface SdkCredentialParts {
  readonly accessKeyId?: string | undefined
  readonly accessKeySecret?: string | undefined
  readonly securityToken?: string | undefined
}

/** A credential of the SDK, as far as it is read. */
export interface ReadableCredential {
  getCredential(): Promise<SdkCredentialParts>
}

/** Options of {@link SdkSource}. */
export interface SdkSourceOptions {
  /** The credential to read next: a new one for a new session, or the same one, which keeps its own session. */
  readonly open: (signal: AbortSignal) => ReadableCredential | Promise<ReadableCredential>
  /** Name of the identity in errors. */
  readonly what: string
  /** How long a credential is used whose expiry the SDK does not tell; undefined: for ever. */
  readonly holdMs: number | undefined
  /** End of a session that the SDK does not know of. */
  readonly expiresAtMs?: number | undefined
  readonly clock: Clock
}

const PRINTABLE = /^[!-~]{1,16384}$/

/** Reads one credential of the SDK as one frozen object. */
export class SdkSource implements CredentialSource {
  readonly #options: SdkSourceOptions

  constructor(options: SdkSourceOptions) {
    this.#options = options
  }

  async fetch(signal: AbortSignal): Promise<Credential> {
    const { open, what } = this.#options
    let credential: ReadableCredential
    let parts: SdkCredentialParts
    try {
      credential = await open(signal)
      parts = await credential.getCredential()
    } catch (error) {
      throw sdkFailure(error, what)
    }
    const { accessKeyId: id, accessKeySecret: secret, securityToken } = parts
    const token = securityToken === undefined || securityToken === null ? '' : securityToken
    if (!isPrintable(id) || !isPrintable(secret) || !(token === '' || isPrintable(token))) {
      throw new SecretSyncError(
        'Unauthenticated',
        `${what}: the SDK returned no complete AccessKey (id, secret and token are printable ASCII)`,
      )
    }
    const expiresAtMs = this.#expiryOf(credential, id)
    return Object.freeze({
      accessKeyId: id,
      accessKeySecret: new Sensitive(secret),
      ...(token === '' ? {} : { securityToken: new Sensitive(token) }),
      ...defined({ expiresAtMs }),
    })
  }

  #expiryOf(credential: ReadableCredential, id: string): number | undefined {
    const { clock, holdMs, what } = this.#options
    const nowMs = clock.now()
    const expiresAtMs = this.#options.expiresAtMs ?? sessionExpiryMs(credential, id)
    if (expiresAtMs === undefined) return holdMs === undefined ? undefined : nowMs + holdMs
    if (expiresAtMs > nowMs) return expiresAtMs
    if (this.#options.expiresAtMs !== undefined) {
      throw new SecretSyncError('Unauthenticated', `${what}: its session has expired: log in again`)
    }
    // The SDK hides why, and returns the old session.
    throw new SecretSyncError(
      'Unavailable',
      `${what}: the SDK returned a session that has expired: its renewal fails, or this machine's clock is wrong`,
    )
  }
}

function isPrintable(value: unknown): value is string {
  return typeof value === 'string' && PRINTABLE.test(value)
}
