import { proxyRoutesOf } from '@ack-secret-manager/alicloud-openapi'
import { type CredentialRefresh, defined, toSecretSyncError } from '@ack-secret-manager/core'
import { smqHintSource } from '@ack-secret-manager/hint-source-smq'
import { operatorIdentity } from '../create-stores.ts'
import { createReceiver, type HintReceiverParts } from './create-receiver.ts'

export interface HintQueueOptions extends HintReceiverParts {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onRefresh: (refresh: CredentialRefresh) => void
}

/** The queue of hints; with several shards, each shard has one. */
export interface HintQueue {
  /** Receives until the signal aborts. Never rejects. @param slot index of the held shard */
  run(slot: number, signal: AbortSignal): Promise<void>
}

/** Undefined without `--hint-queue`. */
export function createHintQueue(options: HintQueueOptions): HintQueue | undefined {
  const { config, env } = options
  const { hintQueue } = config
  if (hintQueue === undefined) return undefined
  const identity = operatorIdentity(config, env, options.onRefresh)
  // Unreachable at runtime, because validateOperatorIdentity() rejects such a configuration at startup.
  if (identity === undefined) return undefined
  return {
    async run(slot, signal) {
      const name = config.shards > 1 ? `${hintQueue.queue.name}-${slot}` : hintQueue.queue.name
      const source = smqHintSource({
        queue: { ...hintQueue.queue, name },
        provider: identity,
        ...defined({ endpoint: hintQueue.endpoint, proxy: proxyRoutesOf(env) }),
      })
      const longerMs = hintQueue.pollingIntervalMs
      await createReceiver(source, { ...options, scope: hintQueue.queue, name, ...defined({ longerMs }) }).run(signal)
      const closed = await Promise.allSettled([source.close(), identity.close()])
      for (const each of closed) {
        if (each.status === 'rejected') options.log.warn(toSecretSyncError(each.reason, 'closing the queue').message)
      }
    },
  }
}
