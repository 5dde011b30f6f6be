import {
  fullJitter,
  isOutage,
  isSecretSyncError,
  type SecretBackend,
  type SecretRef,
  type SecretValue,
  sleep,
  systemClock,
  withDeadline,
} from '@ack-secret-manager/core'
import { OWN_IDENTITY_HINT, StoreRegistry } from '@ack-secret-manager/stores'
import type { CommandCall } from '../commands/command.ts'
import type { GET_FLAGS } from './get-flags.ts'
import { InputError } from '../input-error.ts'
import { Log } from '../output/log.ts'
import { Progress } from '../output/progress.ts'
import { ownIdentity } from '../sync/identity.ts'
import { printValue } from './print-value.ts'

const MAX_ATTEMPTS = 4
const PAUSES = { baseMs: 500, maxMs: 4_000 }

/** `acksm get` */
export async function runGet({ flags, argument, io }: CommandCall<typeof GET_FLAGS>): Promise<number> {
  const log = new Log(io.stderr, flags['log-level'])
  const identity = ownIdentity(io.env, true, log)
  if (identity === undefined) throw new InputError([`no identity to read as: ${OWN_IDENTITY_HINT}`])
  const registry = new StoreRegistry({
    defaults: { region: flags.region, identity, ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }) },
    allowEndpoints: flags['allow-endpoint'],
    // No store, so no credentials of stores.
    readSecretKey: () => Promise.reject(new Error('there is no store')),
  })
  const progress = new Progress(io, systemClock, () => `reading ${argument} …`)
  try {
    const found = registry.resolve({ namespace: '', ref: undefined, kmsEndpoint: undefined })
    if (found.kind === 'error') throw found.error
    const { backend } = found.connection
    const value = await withDeadline((signal) => readPatiently(backend, refOf(argument, flags), signal, log), {
      timeoutMs: flags.timeout,
      what: `reading ${argument}`,
      signal: io.signal,
    })
    progress.end()
    printValue(value, { name: argument, field: flags.field, raw: flags.raw, output: flags.output }, io)
    return 0
  } finally {
    progress.end()
    await registry.close()
    await identity.close()
  }
}

function refOf(name: string, flags: CommandCall<typeof GET_FLAGS>['flags']): SecretRef {
  const { 'version-stage': versionStage, 'version-id': versionId } = flags
  return {
    name,
    ...(versionStage === undefined ? {} : { versionStage }),
    ...(versionId === undefined ? {} : { versionId }),
  }
}

/** Reads; failures that may pass are tried again a few times. */
async function readPatiently(
  backend: SecretBackend,
  ref: SecretRef,
  signal: AbortSignal,
  log: Log,
): Promise<SecretValue> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await backend.read(ref, { signal })
    } catch (error) {
      if (!isSecretSyncError(error) || !isOutage(error.code) || attempt >= MAX_ATTEMPTS) throw error
      log.debug(`${error.message}; trying again`)
      const pauseMs = fullJitter(attempt - 1, PAUSES, Math.random)
      await sleep(Math.max(pauseMs, error.facts.retryAfterMs ?? 0), { clock: systemClock, signal })
    }
  }
}
