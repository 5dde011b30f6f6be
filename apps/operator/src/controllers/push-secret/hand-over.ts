import { type Clock, SecretSyncError } from '@ack-secret-manager/core'

/** Signals of a run. */
export interface RunSignals {
  /** Ends reads and waits at once, as when another process takes the PushSecret over. The next run continues. */
  readonly signal: AbortSignal
  /** Ends a change in KMS that has been sent. @default signal */
  readonly changeSignal?: AbortSignal
}

interface Run {
  readonly leave: AbortController
  readonly end: AbortController
}

/** Time for a change that KMS has not answered when another process takes the PushSecret over; as at the end of the operator. */
const GRACE_MS = 10_000

/** Ends the runs of PushSecrets that another process takes over. */
export class HandOver {
  readonly #clock: Clock
  readonly #runs = new Map<string, Run>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs `work` with signals of its own. */
  async run(key: string, signal: AbortSignal, work: (signals: RunSignals) => Promise<void>): Promise<void> {
    const run: Run = { leave: new AbortController(), end: new AbortController() }
    this.#runs.set(key, run)
    try {
      const changeSignal = AbortSignal.any([signal, run.end.signal])
      await work({ signal: AbortSignal.any([changeSignal, run.leave.signal]), changeSignal })
    } finally {
      this.#runs.delete(key)
    }
  }

  /** Ends the runs of these keys. @param drained resolves when they have ended */
  async leave(keys: readonly string[], drained: () => Promise<unknown>): Promise<void> {
    const runs = keys.flatMap((key) => this.#runs.get(key) ?? [])
    for (const { leave } of runs) leave.abort(handedOver())
    const grace = this.#clock.setTimeout(() => {
      for (const { end } of runs) end.abort(handedOver())
    }, GRACE_MS)
    try {
      await drained()
    } finally {
      grace.cancel()
    }
  }
}

function handedOver(): SecretSyncError {
  return new SecretSyncError('Cancelled', 'another replica has taken this PushSecret over')
}
