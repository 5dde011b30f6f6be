import type { RestartResult, WorkloadRef, WorkloadRestarter } from '@ack-secret-manager/core'
import type { RestartChecker } from '../invariants/restart-checker.ts'

/** Restarts nothing, and records the causes as the real restarter does on the workload. */
export class RecordingRestarter implements WorkloadRestarter {
  /** Restarts of all workloads. */
  restarts = 0
  readonly #checker: RestartChecker
  /** Revision of the last change of a Secret. */
  readonly #revision: () => number
  readonly #remembered = new Map<string, string>()
  readonly #generations = new Map<string, number>()

  constructor(checker: RestartChecker, revision: () => number) {
    this.#checker = checker
    this.#revision = revision
  }

  async restart({ namespace, name }: WorkloadRef, changes: ReadonlyMap<string, string>): Promise<RestartResult> {
    const key = `${namespace}/${name}`
    const news = [...changes].filter(([owner, change]) => this.#remembered.get(`${key} ${owner}`) !== change)
    if (news.length === 0) return { kind: 'done' }
    for (const [owner, change] of news) this.#remembered.set(`${key} ${owner}`, change)
    const generation = (this.#generations.get(key) ?? 1) + 1
    this.#generations.set(key, generation)
    this.restarts += 1
    // Between the last change and the next one.
    this.#checker.workload(key, { generation, resourceVersion: String(this.#revision() + 0.5) })
    return { kind: 'restarted', note: undefined }
  }
}
