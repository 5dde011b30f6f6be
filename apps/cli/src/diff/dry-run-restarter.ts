import type { RestartResult, WorkloadRef, WorkloadRestarter } from '@ack-secret-manager/core'
import { delayText } from '@ack-secret-manager/sync-engine'

/** A workload that would be restarted. */
export interface RestartDiff extends WorkloadRef {
  /** What a user must do to complete the restart, or why it would wait. */
  readonly note?: string
}

/** Remembers what a restarter, which restarts nothing itself, would restart. */
export class DryRunRestarter implements WorkloadRestarter {
  readonly #restarter: WorkloadRestarter
  readonly #restarts: RestartDiff[] = []

  constructor(restarter: WorkloadRestarter) {
    this.#restarter = restarter
  }

  /** What would be restarted. */
  restarts(): readonly RestartDiff[] {
    return this.#restarts
  }

  async restart(...args: Parameters<WorkloadRestarter['restart']>): Promise<RestartResult> {
    const result = await this.#restarter.restart(...args)
    const [workload] = args
    if (result.kind === 'restarted') {
      this.#restarts.push({ ...workload, ...(result.note === undefined ? {} : { note: result.note }) })
    }
    if (result.kind === 'delayed') this.#restarts.push({ ...workload, note: delayText(result.delay) })
    return result
  }
}
