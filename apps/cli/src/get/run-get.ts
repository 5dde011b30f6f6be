import {
  defined,
  fullJitter,
  isOutage,
  isSecretSyncError,
  messageWithRequestId,
  type SecretBackend,
  type SecretRef,
  type SecretValue,
  sleep,
  systemClock,
  withDeadline,
} from '@ack-secret-manager/core'
import type { CommandCall } from '@ack-secret-manager/command-line'
import type { GET_FLAGS } from './get-flags.ts'
import { Log } from '../output/log.ts'
import { Progress } from '../output/progress.ts'
import { openSource } from './open-source.ts'
import { printValue } from './print-value.ts'

const PAUSES = { baseMs: 500, maxMs: 4_000 }

/** `acksm get` */
export async function runGet(call: CommandCall<typeof GET_FLAGS>): Promise<number> {
  const { flags, argument, io } = call
  const log = new Log(io.stderr, flags['log-level'])
  const source = await openSource(call, log)
  const progress = new Progress(io, systemClock, () => `reading ${argument} …`)
  try {
    const deadlineMs = systemClock.monotonic() + flags.timeout
    const read = (signal: AbortSignal) => readUntil(deadlineMs, source.backend, refOf(argument, flags), signal, log)
    const value = await withDeadline(read, {
      timeoutMs: flags.timeout,
      what: `reading ${argument}`,
      signal: io.signal,
    })
    progress.end()
    printValue(value, { name: argument, field: flags.field, raw: flags.raw, output: flags.output }, io)
    return 0
  } finally {
    progress.end()
    await source.close()
  }
}

function refOf(name: string, flags: CommandCall<typeof GET_FLAGS>['flags']): SecretRef {
  const { 'version-stage': versionStage, 'version-id': versionId } = flags
  return {
    name,
    ...defined({ versionStage, versionId }),
  }
}

/** Reads, and retries transient failures until the deadline. Then throws the last failure. */
async function readUntil(
  deadlineMs: number,
  backend: SecretBackend,
  ref: SecretRef,
  signal: AbortSignal,
  log: Log,
): Promise<SecretValue> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await backend.read(ref, { signal })
    } catch (error) {
      if (!isSecretSyncError(error) || !isOutage(error.code)) throw error
      const pauseMs = Math.max(fullJitter(attempt, PAUSES, Math.random), error.facts.retryAfterMs ?? 0)
      if (systemClock.monotonic() + pauseMs >= deadlineMs) throw error
      log.debug(`${messageWithRequestId(error)}; retrying`)
      await sleep(pauseMs, { clock: systemClock, signal })
    }
  }
}
