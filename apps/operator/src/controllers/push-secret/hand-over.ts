import { type Clock, SecretSyncError } from '@ack-secret-manager/core'
import type { LaneRun } from '../../push/limits/push-lanes.ts'

/** Signals of a run. */
export interface RunSignals {
  /** Ends reads and waits at once, as when another process takes the PushSecret over. The next run continues. */
  readonly signal: AbortSignal
  /** Ends a change in KMS that has been sent. @default signal */
  readonly changeSignal?: AbortSignal
  /** Waits for the quota. @default without a deadline of the run */
  readonly waiting?: LaneRun['waiting']
}

interface Run {
  readonly leave: AbortController
  readonly end: AbortController
}

/** Time for a change that KMS has not answered when another process takes the PushSecret over; as at the end of the operator. */
const GRACE_MS = 10_000
/** Then every connection is cut, so that nothing is sent. This is for what else a run may do before it ends. */
const END_MS = 5_000

/** Ends the runs of PushSecrets that another process takes over. */
export class HandOver {
  readonly #clock: Clock
  readonly #runs = new Map<string, Run>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs `work` with signals of its own. */
  async run(key: string, { signal, ...lane }: LaneRun, work: (signals: RunSignals) => Promise<void>): Promise<void> {
    const run: Run = { leave: new AbortController(), end: new AbortController() }
    this.#runs.set(key, run)
    try {
      const changeSignal = AbortSignal.any([signal, run.end.signal])
      await work({ ...lane, signal: AbortSignal.any([changeSignal, run.leave.signal]), changeSignal })
    } finally {
      this.#runs.delete(key)
    }
  }

  /** Ends the runs of these keys, within 15 seconds. @param drained resolves when they have ended */
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
