import type { ContentDigester, ObservedSecret, TargetAction } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import type { InvariantChecker, Violation } from '../invariants/invariant-checker.ts'
import type { RestartChecker } from '../invariants/restart-checker.ts'
import type { SecretSnapshot } from '../invariants/secret-snapshot.ts'
import { targetOf, type ChaosResource } from '../workload/resources.ts'

/** Options of {@link CheckedWriter}. */
export interface CheckedWriterOptions {
  readonly digester: ContentDigester
  readonly resources: readonly ChaosResource[]
  readonly checker: InvariantChecker
  readonly restarts: RestartChecker
  readonly onViolation: (violation: Violation) => void
}

/** All targets in memory, with invariants checked after each change. */
export class CheckedWriter extends MemoryWriter {
  /** Revision of the last change. */
  revision = 0
  readonly #options: CheckedWriterOptions
  readonly #snapshots = new Map<string, SecretSnapshot>()

  constructor(options: CheckedWriterOptions) {
    super(options.digester)
    this.#options = options
  }

  /** State of all Secrets at the last check. */
  get snapshots(): ReadonlyMap<string, SecretSnapshot> {
    return this.#snapshots
  }

  override async apply(action: TargetAction): Promise<ObservedSecret | undefined> {
    try {
      return await super.apply(action)
    } finally {
      await this.checkChanges()
    }
  }

  /** Checks all changes since the last call. */
  async checkChanges(): Promise<void> {
    const { resources, checker, restarts, onViolation } = this.#options
    for (const resource of resources) {
      const target = targetOf(resource)
      const before = this.#snapshots.get(target)
      const now = await this.#snapshotOf(resource)
      if (before?.resourceVersion === now?.resourceVersion) continue
      if (now) this.#snapshots.set(target, now)
      else this.#snapshots.delete(target)
      this.revision = Math.max(this.revision, Number(now?.resourceVersion ?? 0))
      restarts.secret(target, before, now)
      for (const violation of checker.check(target, before, now)) onViolation(violation)
    }
  }

  async #snapshotOf({ namespace, target: name }: ChaosResource): Promise<SecretSnapshot | undefined> {
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
