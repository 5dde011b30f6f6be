import type { ContentDigester, ObservedSecret, TargetAction } from '@ack-secret-manager/core'
// The writer in memory that the engine's own tests use: it has the preconditions of the real one.
import { MemoryWriter } from '../../../../packages/sync-engine/src/testing/memory-writer.ts'
import type { Judge, Violation } from '../invariants/judge.ts'
import type { RestartJudge } from '../invariants/restart-judge.ts'
import type { SeenSecret } from '../invariants/seen-secret.ts'
import { targetOf, type WorldResource } from '../world/resources.ts'

/** Options of {@link JudgedWriter}. */
export interface JudgedWriterOptions {
  readonly digester: ContentDigester
  readonly resources: readonly WorldResource[]
  readonly judge: Judge
  readonly restarts: RestartJudge
  readonly onViolation: (violation: Violation) => void
}

/** All targets, each step of which is judged. */
export class JudgedWriter extends MemoryWriter {
  /** Of the last change. */
  revision = 0
  readonly #options: JudgedWriterOptions
  readonly #seen = new Map<string, SeenSecret>()

  constructor(options: JudgedWriterOptions) {
    super(options.digester)
    this.#options = options
  }

  /** As they were when it looked last. */
  get seen(): ReadonlyMap<string, SeenSecret> {
    return this.#seen
  }

  override async apply(action: TargetAction): Promise<ObservedSecret | undefined> {
    try {
      return await super.apply(action)
    } finally {
      await this.look()
    }
  }

  /** Has judged what changed since the last time. */
  async look(): Promise<void> {
    const { resources, judge, restarts, onViolation } = this.#options
    for (const resource of resources) {
      const target = targetOf(resource)
      const before = this.#seen.get(target)
      const now = await this.#see(resource)
      if (before?.resourceVersion === now?.resourceVersion) continue
      if (now) this.#seen.set(target, now)
      else this.#seen.delete(target)
      this.revision = Math.max(this.revision, Number(now?.resourceVersion ?? 0))
      restarts.secret(target, before, now)
      for (const violation of judge.judge(target, before, now)) onViolation(violation)
    }
  }

  async #see({ namespace, target: name }: WorldResource): Promise<SeenSecret | undefined> {
    const observed = await this.observe({ namespace, name })
    if (!observed) return undefined
    return {
      uid: observed.uid,
      resourceVersion: observed.resourceVersion,
      ownerUid: undefined,
      marks: '',
      isOurs: true,
      isRestartDue: [...observed.records.values()].some(({ restartDue }) => restartDue !== undefined),
      data: new Map(Object.entries(this.textsOf(name, namespace) ?? {})),
    }
  }
}
