import type { Sensitive } from '../sensitive.ts'

/** When a token was issued and when it expires, in wall-clock milliseconds. */
export interface TokenLife {
  readonly issuedMs: number
  readonly expiresMs: number
}

/** A new value. */
export interface GeneratedSecret {
  readonly value: Sensitive<Uint8Array>
  /** Required for a token, absent otherwise. */
  readonly life?: TokenLife
}

/**
 * Generates a value that no secret manager has, such as a random password or a token. The value is stored in the target only. A password is
 * generated once and kept; a token is replaced before it expires.
 */
export interface SecretGenerator {
  /** Names the generator in records and messages: `password`. */
  readonly kind: string
  /** Digest of the settings that determine what a value looks like. Contains no secret. */
  readonly settings: string
  /**
   * Values expire, and a new one can be issued at any time, so a value without a matching record is replaced. `renewAfterMs` and
   * `renewsOnChange` do not apply. @default false
   */
  readonly isToken?: boolean
  /** Age at which a value is replaced, in milliseconds. @default never */
  readonly renewAfterMs?: number
  /** Whether a value with other settings is replaced before it is due. @default false */
  readonly renewsOnChange?: boolean
  /**
   * Whether a new value would be allowed now. Makes no call.
   * @throws SecretSyncError `StoreNotAllowed` if not; other errors are those of the next `generate`
   */
  check?(): void
  /** @throws SecretSyncError; the target keeps its value */
  generate(options: { signal: AbortSignal }): Promise<GeneratedSecret>
}
