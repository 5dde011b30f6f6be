import {
  type Clock,
  fullJitter,
  isOutage,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  sleep,
  toSecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'
import { SecretVersion } from '../secret-version.ts'

/** How values are read. */
export interface Reader {
  readonly backend: SecretBackend
  /** Who reads, for errors. */
  readonly identity: string
  /** Deadline of all attempts together. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
  /** Ends all reads. */
  readonly signal: AbortSignal
}

const PAUSES = { baseMs: 200, maxMs: 2_000 }

/**
 * Reads a secret. An outage is retried until the attempts or the time are over.
 * @throws SecretSyncError that names the secret and the identity
 */
export async function readSecret(ref: SecretRef, attempts: number, reader: Reader): Promise<SecretVersion> {
  const { clock, timeoutMs, identity } = reader
  const what = `secret ${JSON.stringify(ref.name)}`
  try {
    return await withDeadline((signal) => attempt(ref, attempts, { ...reader, signal }), {
      timeoutMs,
      what,
      signal: reader.signal,
      clock,
    })
  } catch (thrown) {
    const error = toSecretSyncError(thrown, what)
    if (error.message.includes(identity)) throw error
    throw new SecretSyncError(error.code, `${error.message} (read as ${identity})`, {
      facts: error.facts,
      cause: error,
    })
  }
}

async function attempt(ref: SecretRef, attempts: number, reader: Reader): Promise<SecretVersion> {
  const { backend, clock, random, signal } = reader
  for (let failures = 0; ; failures += 1) {
    try {
      return new SecretVersion(ref.name, checkedValue(await backend.read(ref, { signal }), ref))
    } catch (thrown) {
      const error = toSecretSyncError(thrown, `secret ${JSON.stringify(ref.name)}`)
      if (failures + 1 >= attempts || !isOutage(error.code) || signal.aborted) throw error
      const pauseMs = Math.max(fullJitter(failures, PAUSES, random), error.facts.retryAfterMs || 0)
      // Waiting beyond the deadline would hide the reason behind a Timeout.
      if (pauseMs >= reader.timeoutMs / 2) throw error
      await sleep(pauseMs, { clock, signal })
    }
  }
}

/** A backend of the application may be written in JavaScript. */
function checkedValue(value: SecretValue | undefined, { name }: SecretRef): SecretValue {
  const isValue =
    typeof value?.versionId === 'string' &&
    typeof (value.bytes as Partial<SecretValue['bytes']> | undefined)?.expose === 'function' &&
    value.bytes.expose() instanceof Uint8Array
  if (isValue) return value
  throw new SecretSyncError(
    'InvalidResponse',
    `secret ${JSON.stringify(name)}: the backend returned no bytes or no version id`,
  )
}
