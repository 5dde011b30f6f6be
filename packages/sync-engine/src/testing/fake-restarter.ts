import {
  type Clock,
  type RestartResult,
  SecretSyncError,
  type WorkloadRef,
  type WorkloadRestarter,
  type WorkloadState,
} from '@ack-secret-manager/core'

/** Workloads in memory with the records of real ones: changes, time of the last restart, rollout. */
export class FakeRestarter implements WorkloadRestarter {
  readonly calls: string[] = []
  /** The result for a workload; an error is thrown. */
  readonly responses = new Map<string, RestartResult | SecretSyncError>()
  /** @default finished */
  readonly rollouts = new Map<string, WorkloadState['rollout']>()
  /** For the time of restarts. */
  clock: Pick<Clock, 'now'> | undefined
  /** Number of attempts, also of those that were delayed. */
  attempts = 0
  readonly #workloads = new Map<string, { readonly restartedFor: Map<string, string>; restartedAtMs?: number }>()

  restart(
    { kind, name }: WorkloadRef,
    changes: ReadonlyMap<string, string>,
    { delayOf }: Parameters<WorkloadRestarter['restart']>[2],
  ): Promise<RestartResult> {
    this.attempts += 1
    const response = this.responses.get(name) ?? { kind: 'restarted', note: undefined }
    if (response instanceof SecretSyncError) return Promise.reject(response)
    const workload = this.#workloads.get(name) ?? { restartedFor: new Map<string, string>() }
    this.#workloads.set(name, workload)
    const { restartedFor, restartedAtMs } = workload
    const isDone = [...changes].every(([resource, change]) => restartedFor.get(resource) === change)
    if (isDone) return Promise.resolve({ kind: 'done' })
    const delay = delayOf?.({ restartedFor, restartedAtMs, rollout: this.rollouts.get(name) ?? 'finished' })
    if (delay !== undefined) return Promise.resolve({ kind: 'delayed', delay })
    for (const [resource, change] of changes) restartedFor.set(resource, change)
    if (this.clock) workload.restartedAtMs = this.clock.now()
    this.calls.push(`${kind} ${name} for ${[...changes.keys()].join(', ')}`)
    return Promise.resolve(response)
  }
}
