import type { EventScope } from '@ack-secret-manager/alicloud-openapi'
import { type HintSource, systemClock } from '@ack-secret-manager/core'
import type { SyncEngine } from '@ack-secret-manager/sync-engine'
import type { Logger } from 'pino'
import type { OperatorConfig } from '../config/operator-config.ts'
import type { LeadershipFence } from '../leadership-fence.ts'
import type { Metrics } from '../observability/metrics.ts'
import { HINT_RESULTS, HintReceiver } from './hint-receiver.ts'

export interface HintReceiverParts {
  readonly config: OperatorConfig
  readonly engine: Pick<SyncEngine, 'hint' | 'polling'>
  readonly fence: Pick<LeadershipFence, 'isOpen'>
  readonly metrics: Metrics
  readonly log: Logger
}

export interface CreateReceiverOptions extends HintReceiverParts {
  /** Account and region of the secrets that hints name. */
  readonly scope: EventScope
  /** Label of metrics. */
  readonly name: string
  /** Default refresh interval while hints arrive. @default `--polling-interval` */
  readonly longerMs?: number
}

/** Share of the read rate limit that hints may use. The rest of the limit is left to due reads. */
const RATE_SHARE = 0.5
/** Hints per second if reads have no limit. */
const MAX_PER_SECOND = 1_000

/** Requests reads for the hints of a source, and reports its state until the run ends. */
export function createReceiver(source: HintSource, options: CreateReceiverOptions): Pick<HintReceiver, 'run'> {
  const { config, engine, fence, metrics, log, scope, name, longerMs } = options
  const { kmsQps, pollingIntervalMs } = config
  let reported: string | undefined
  // Start all counters at 0, because increase() does not count the first sample of a new series.
  for (const result of HINT_RESULTS) metrics.hints.inc({ result }, 0)
  const receiver = new HintReceiver({
    source,
    isKnown: (secretName) => engine.polling.reads(secretName, scope),
    hint: (secretName) => engine.hint(secretName, scope),
    isLeading: () => fence.isOpen,
    maxPerSecond: kmsQps === 0 ? MAX_PER_SECOND : Math.max(1, (kmsQps * RATE_SHARE) / sourcesOf(config)),
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
      // Log the same failure once, until the queue works again.
      if (reported === error.message) return
      reported = error.message
      log.warn({ code: error.code, retryInMs }, `No hints, polling continues: ${error.message}`)
    },
  })
  return {
    run: async (signal) => {
      await receiver.run(signal)
      // The next run of this process may receive from the queue of another shard, or from none.
      metrics.hintQueueLive.remove({ queue: name })
    },
  }
}

/** Number of sources that share the hint rate. */
function sourcesOf({ hintQueue, hintTarget }: OperatorConfig): number {
  return hintQueue !== undefined && hintTarget !== undefined ? 2 : 1
}
