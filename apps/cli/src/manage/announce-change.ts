import { type FlagValues, UsageError } from '@ack-secret-manager/command-line'
import { defined, isSecretSyncError, systemClock } from '@ack-secret-manager/core'
import { defaultSmqEndpoint, hintMessage, type QueueArn, SmqQueue } from '@ack-secret-manager/hint-source-smq'
import type { SecretChange } from '@ack-secret-manager/kms-management'
import { parseHintQueue } from '../flags/hint-queue.ts'
import type { HINT_FLAGS } from './manage-flags.ts'
import type { ManageSession } from './with-management.ts'

type Flags = FlagValues<typeof HINT_FLAGS>

/** Changes after which a read may have another result. */
const ANNOUNCED: ReadonlySet<SecretChange['kind']> = new Set([
  'put',
  'rotate',
  'rollback',
  'promote',
  'delete',
  'restore',
])

/** The queues of `--hint-queue`, checked before anything is changed. @throws UsageError */
export function hintQueuesOf(flags: Flags, { region }: Pick<ManageSession, 'region'>): readonly QueueArn[] {
  const queues = flags['hint-queue'].map(parseHintQueue)
  const other = queues.find((queue) => queue.region !== region)
  if (other !== undefined) {
    throw new UsageError(
      `--hint-queue: the queue ${other.name} is in ${other.region}, but the secret is in ${region}; use a queue of the same region`,
    )
  }
  return queues
}

/** Tells the operators at the queues that a secret has changed. A failure is a warning, because their polling finds the change anyway. */
export async function announceChange(
  { kind, name }: Pick<SecretChange, 'kind' | 'name'>,
  queues: readonly QueueArn[],
  {
    session: { identity, proxy, network, limited, log },
    flags,
    signal,
  }: { readonly session: ManageSession; readonly flags: Flags; readonly signal: AbortSignal },
): Promise<void> {
  if (!ANNOUNCED.has(kind)) return
  for (const queue of queues) {
    const endpoint = flags['hint-endpoint'] ?? defaultSmqEndpoint(queue, network)
    await using smq = new SmqQueue({ queue, endpoint, provider: identity, ...defined({ proxy }) })
    try {
      await limited(() => smq.send(hintMessage({ ...queue, secretName: name }, systemClock.now()), { signal }))
    } catch (error) {
      if (!isSecretSyncError(error) || signal.aborted) throw error
      log.warn(`${name} is changed, but not announced, so operators read it at their interval: ${error.message}`)
    }
  }
}
