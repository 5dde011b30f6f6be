import { type Clock, SecretSyncError } from '@ack-secret-manager/core'
import type { LaneRun } from '../../push/limits/push-lanes.ts'

/** Signals of a run, and how it waits for the quota. */
export interface RunSignals {
  /** Ends reads and waits at once, for example when another process takes the PushSecret over. The next run continues. */
  readonly signal: AbortSignal
  /** Aborts changes in progress. @default signal */
  readonly changeSignal?: AbortSignal
  /** See {@link LaneRun.waiting}. @default the wait itself */
  readonly waiting?: LaneRun['waiting']
  /** See {@link LaneRun.withoutPlace}. @default the work itself */
  readonly withoutPlace?: LaneRun['withoutPlace']
}

interface Run {
  readonly leave: AbortController
  readonly end: AbortController
}

/** Time for a change in progress when another process takes the PushSecret over: as long as when the operator stops. */
const GRACE_MS = 10_000
/** Time for a run to end after its change was aborted. */
const END_MS = 5_000

/** Ends the runs of PushSecrets that another process takes over. */
export class HandOver {
  readonly #clock: Clock
  readonly #runs = new Map<string, Run>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs `work` with signals that {@link leave} can abort. */
  async run(key: string, { signal, ...lane }: RunSignals, work: (signals: RunSignals) => Promise<void>): Promise<void> {
    const run: Run = { leave: new AbortController(), end: new AbortController() }
    this.#runs.set(key, run)
    try {
      const changeSignal = AbortSignal.any([signal, run.end.signal])
      await work({ ...lane, signal: AbortSignal.any([changeSignal, run.leave.signal]), changeSignal })
    } finally {
      this.#runs.delete(key)
    }
  }

  /** Ends the runs of these keys, and waits for at most 15 seconds. @param drained resolves when they have ended */
  async leave(keys: readonly string[], drained: () => Promise<unknown>): Promise<void> {
    const runs = keys.flatMap((key) => this.#runs.get(key) ?? [])
    for (const { leave } of runs) leave.abort(handedOver())
    const { promise: isOver, resolve: endWait } = Promise.withResolvers<void>()
    const timers = [
      this.#clock.setTimeout(() => {
        for (const { end } of runs) end.abort(handedOver())
      }, GRACE_MS),
      this.#clock.setTimeout(endWait, GRACE_MS + END_MS),
    ]
    try {
      await Promise.race([drained(), isOver])
    } finally {
      for (const timer of timers) timer.cancel()
    }
  }
}

function handedOver(): SecretSyncError {
  return new SecretSyncError('Cancelled', 'another replica has taken this PushSecret over')
}
