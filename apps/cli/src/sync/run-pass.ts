import type { CommandIo } from '@ack-secret-manager/command-line'
import { isSecretSyncError, type SecretSyncError, sleep, systemClock, withDeadline } from '@ack-secret-manager/core'
import type { Manifests } from '../manifests/manifests.ts'
import { Progress } from '../output/progress.ts'
import { SyncSession, type SyncSessionOptions } from './sync-session.ts'

/** Pause between two attempts to open stores whose credential service does not respond. */
const RETRY_STORES_MS = 1_000

/** Starts a session and waits for its first pass or the timeout. The session must be closed. */
export async function runPass(options: SyncSessionOptions, manifests: Manifests, io: CommandIo): Promise<SyncSession> {
  const { timeout } = options.flags
  const startedMs = systemClock.monotonic()
  let pass: SyncSession['pass'] | undefined
  let commandTimeout: SecretSyncError | undefined
  const opening = { ...options, onCommand: (error: SecretSyncError | undefined) => (commandTimeout = error) }
  const progress = new Progress(io, systemClock, () =>
    pass === undefined ? 'opening stores …' : `${pass.done} of ${pass.total} resources …`,
  )
  try {
    const session = await withDeadline((signal) => SyncSession.start(opening, manifests, signal), {
      timeoutMs: timeout,
      what: 'opening the stores and the output',
      signal: io.signal,
    }).catch((error: unknown) => {
      throw isSecretSyncError(error) && error.code === 'Timeout' ? (commandTimeout ?? error) : error
    })
    pass = session.pass
    const leftMs = Math.max(0, timeout - (systemClock.monotonic() - startedMs))
    const over = new AbortController()
    const timer = systemClock.setTimeout(() => over.abort(), leftMs)
    const signal = AbortSignal.any([io.signal, over.signal])
    const retrying = retryStores(session, signal)
    await Promise.race([pass.finished(signal), retrying])
    timer.cancel()
    over.abort()
    await retrying
    return session
  } finally {
    progress.end()
  }
}

/** Tries stores again until the signal aborts, because `--timeout` is for their credentials, too. */
async function retryStores(session: SyncSession, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- the pause between two attempts
      await sleep(RETRY_STORES_MS, { clock: systemClock, signal })
      // oxlint-disable-next-line no-await-in-loop -- one attempt after another
      await session.retryStores(signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
