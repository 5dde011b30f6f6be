import type { Sensitive } from '../sensitive.ts'

/**
 * Makes a value that no secret manager holds, such as a random password. The value is stored in the target only, so it is generated once
 * and kept.
 */
export interface SecretGenerator {
  /** Names the generator in records and messages: `password`. */
  readonly kind: string
  /** Digest of the settings that determine what a value looks like. Contains no secret. */
  readonly settings: string
  /** A value of this age is replaced, in milliseconds. @default never */
  readonly renewAfterMs?: number
  /** Whether a value of other settings is replaced before it is due. @default false */
  readonly renewsOnChange?: boolean
  /** @throws SecretSyncError; the target keeps its value */
  generate(options: { signal: AbortSignal }): Promise<Sensitive<Uint8Array>>
}
