import { proxyRoutesOf } from '@ack-secret-manager/alicloud-openapi'
import {
  type CredentialRefresh,
  defined,
  type HintSource,
  systemClock,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import { smqHintSource } from '@ack-secret-manager/hint-source-smq'
import type { SyncEngine } from '@ack-secret-manager/sync-engine'
import type { Logger } from 'pino'
import type { HintQueueConfig, OperatorConfig } from '../config/operator-config.ts'
import { operatorIdentity } from '../create-stores.ts'
import type { Metrics } from '../observability/metrics.ts'
import { HINT_RESULTS, HintReceiver } from './hint-receiver.ts'

export interface HintQueueOptions {
  readonly config: OperatorConfig
  readonly env: Readonly<Record<string, string | undefined>>
  readonly engine: Pick<SyncEngine, 'hint' | 'polling'>
  readonly metrics: Metrics
  readonly log: Logger
  readonly onRefresh: (refresh: CredentialRefresh) => void
}

/** The queue that the leader, or the holder of one of several shards, receives hints from. */
export interface HintQueue {
  /** Receives until the signal aborts. Never rejects. @param slot index of the held shard */
  run(slot: number, signal: AbortSignal): Promise<void>
}

/** Hints use at most this share of the rate limit, so that forged ones cannot hold up polling. */
const RATE_SHARE = 0.5
/** Limit of hints a second if reads have none. */
const MAX_PER_SECOND = 1_000

/** Undefined without `--hint-queue`. */
export function createHintQueue(options: HintQueueOptions): HintQueue | undefined {
  const { config, env } = options
  const { hintQueue } = config
  if (hintQueue === undefined) return undefined
  const identity = operatorIdentity(config, env, options.onRefresh)
  // Without an identity the operator does not start.
  if (identity === undefined) return undefined
  return {
    async run(slot, signal) {
      const name = config.shards > 1 ? `${hintQueue.queue.name}-${slot}` : hintQueue.queue.name
      const source = smqHintSource({
        queue: { ...hintQueue.queue, name },
        provider: identity,
        ...defined({ endpoint: hintQueue.endpoint, proxy: proxyRoutesOf(env) }),
      })
      await receiverOf(source, { ...options, hintQueue, name }).run(signal)
      const closed = await Promise.allSettled([source.close(), identity.close()])
      for (const each of closed) {
        if (each.status === 'rejected') options.log.warn(toSecretSyncError(each.reason, 'closing the queue').message)
      }
    },
  }
}

function receiverOf(
  source: HintSource,
  {
    config,
    engine,
    metrics,
    log,
    hintQueue,
    name,
  }: HintQueueOptions & { readonly hintQueue: HintQueueConfig; readonly name: string },
): HintReceiver {
  const { kmsQps, pollingIntervalMs } = config
  const { pollingIntervalMs: longerMs } = hintQueue
  let reported: string | undefined
  // A counter that appears with its first value would hide it from increase().
  for (const result of HINT_RESULTS) metrics.hints.inc({ result }, 0)
  return new HintReceiver({
    source,
    isKnown: (secretName) => engine.polling.reads(secretName, hintQueue.queue),
    hint: (secretName) => engine.hint(secretName, hintQueue.queue),
    maxPerSecond: kmsQps === 0 ? MAX_PER_SECOND : Math.max(1, kmsQps * RATE_SHARE),
    clock: systemClock,
    random: Math.random,
    onResult: (result) => metrics.hints.inc({ result }),
    onAge: (ageMs) => metrics.hintAgeSeconds.observe(ageMs / 1_000),
    onLive: (isLive) => {
      metrics.hintQueueLive.set({ queue: name }, isLive ? 1 : 0)
      if (isLive) {
        log.info(`Receiving hints from ${source.description}`)
        reported = undefined
      }
      if (longerMs !== undefined) engine.polling.setDefaultInterval(isLive ? longerMs : pollingIntervalMs)
    },
    onFailure: (error, retryInMs) => {
      metrics.hintReceiveErrors.inc({ code: error.code })
      // The same failure is logged once, until the queue works again.
      if (reported === error.message) return
      reported = error.message
      log.warn({ code: error.code, retryInMs }, `No hints, polling continues: ${error.message}`)
    },
  })
}
