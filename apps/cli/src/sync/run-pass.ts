import type { CommandIo } from '@ack-secret-manager/command-line'
import { systemClock, withDeadline } from '@ack-secret-manager/core'
import type { Manifests } from '../manifests/manifests.ts'
import { Progress } from '../output/progress.ts'
import { SyncSession, type SyncSessionOptions } from './sync-session.ts'

/** Starts a session and waits for its first pass or the timeout. The session must be closed. */
export async function runPass(options: SyncSessionOptions, manifests: Manifests, io: CommandIo): Promise<SyncSession> {
  const { timeout } = options.flags
  const startedMs = systemClock.monotonic()
  let pass: SyncSession['pass'] | undefined
  const progress = new Progress(io, systemClock, () =>
    pass === undefined ? 'opening stores …' : `${pass.done} of ${pass.total} resources …`,
  )
  try {
    const session = await withDeadline((signal) => SyncSession.start(options, manifests, signal), {
      timeoutMs: timeout,
      what: 'opening the stores and the output',
      signal: io.signal,
    })
    pass = session.pass
    const leftMs = Math.max(0, timeout - (systemClock.monotonic() - startedMs))
    const timedOut = new AbortController()
    const timer = systemClock.setTimeout(() => timedOut.abort(), leftMs)
    await pass.finished(AbortSignal.any([io.signal, timedOut.signal]))
    timer.cancel()
    return session
  } finally {
    progress.end()
  }
}
