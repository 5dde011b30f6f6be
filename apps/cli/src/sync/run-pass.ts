import { systemClock, withDeadline } from '@ack-secret-manager/core'
import type { CommandIo } from '../command-io.ts'
import type { Manifests } from '../manifests/manifests.ts'
import { Progress } from '../output/progress.ts'
import { SyncSession, type SyncSessionOptions } from './sync-session.ts'

/** A session whose first pass is over, as far as there was time. Close it. */
export async function runPass(options: SyncSessionOptions, manifests: Manifests, io: CommandIo): Promise<SyncSession> {
  const { timeout } = options.flags
  const startedMs = systemClock.monotonic()
  let pass: SyncSession['pass'] | undefined
  const progress = new Progress(io, systemClock, () =>
    pass === undefined ? 'looking at stores …' : `${pass.done} of ${pass.total} resources …`,
  )
  try {
    const session = await withDeadline((signal) => SyncSession.start(options, manifests, signal), {
      timeoutMs: timeout,
      what: 'looking at stores and at the place to write to',
      signal: io.signal,
    })
    pass = session.pass
    const leftMs = Math.max(0, timeout - (systemClock.monotonic() - startedMs))
    const enough = new AbortController()
    const timer = systemClock.setTimeout(() => enough.abort(), leftMs)
    await pass.finished(AbortSignal.any([io.signal, enough.signal]))
    timer.cancel()
    return session
  } finally {
    progress.end()
  }
}
