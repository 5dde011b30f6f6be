import type { CommandCall } from '@ack-secret-manager/command-line'
import { messageWithRequestId, type SecretSyncError } from '@ack-secret-manager/core'
import type { CLOUD_FLAGS, OUTPUT_FLAGS } from '../flags/shared-flags.ts'
import { type OpenedManagement, openManagement } from '../identity/open-management.ts'
import { Log } from '../output/log.ts'
import { during } from '../output/progress.ts'
import { type WorkLimit, workLimit } from '../time-limit.ts'

/** A command that works with KMS. */
export type ManageCall = Pick<
  CommandCall<typeof CLOUD_FLAGS & Pick<typeof OUTPUT_FLAGS, 'log-level'>>,
  'flags' | 'typed' | 'io'
>

/** What the work of a command has. */
export interface ManageSession extends OpenedManagement {
  readonly log: Log
  /** The time limit of the command, from which finding the identity is taken. The time in which a user answers does not count. */
  readonly limited: WorkLimit
  /** Shows a progress line while `work` takes longer than two seconds. */
  readonly during: <T>(text: () => string, work: Promise<T>) => Promise<T>
}

/** Opens KMS for the work of a command, and closes it. Says once for each reason that calls are repeated. */
export async function withManagement<T>(
  { flags, typed, io }: ManageCall,
  work: (session: ManageSession) => Promise<T>,
): Promise<T> {
  const log = new Log(io.stderr, flags['log-level'])
  const { env, signal } = io
  const onRetry = retryReporter(log, flags.timeout)
  const limited = workLimit(flags.timeout)
  const management = await limited(() => openManagement({ flags, typed, log, env, signal, onRetry }))
  try {
    return await work({ ...management, log, limited, during: (text, waiting) => during(io, text, waiting) })
  } finally {
    await management.close()
  }
}

function retryReporter(log: Log, timeoutMs: number): (error: SecretSyncError) => void {
  const reported = new Set<string>()
  return (error) => {
    const text = messageWithRequestId(error)
    if (reported.has(error.code)) return log.debug(`${text}; retrying`)
    reported.add(error.code)
    log.info(`${text}; retrying for up to ${Math.ceil(timeoutMs / 1_000)} s`)
  }
}
