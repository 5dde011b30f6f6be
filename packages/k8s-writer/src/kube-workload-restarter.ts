import {
  type Clock,
  isSecretSyncError,
  type RestartResult,
  SecretSyncError,
  systemClock,
  timeText,
  toSecretSyncError,
  withDefaults,
  type WorkloadRef,
  type WorkloadRestarter,
} from '@ack-secret-manager/core'
import { ACCEPT_METADATA, inNamespace, isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { RESTARTED_FOR_ANNOTATION } from '@ack-secret-manager/resources'
import { RESTARTED_AT, type Workload, workloadState } from './workload-state.ts'

export interface KubeWorkloadRestarterOptions {
  readonly client: KubeClient
  /** Deadline of one call to the API server, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number
  /** Only report which workloads would be restarted. @default false */
  readonly dryRun?: boolean
  /** @default systemClock */
  readonly clock?: Clock
}

type RestartOptions = Parameters<WorkloadRestarter['restart']>[2]

/** Retries after conflicts, because controllers often write the status of a workload. */
const MAX_ATTEMPTS = 8

/** Limit of the changes in the annotation of one workload. The oldest are dropped. */
const MAX_REMEMBERED = 64

/**
 * Restarts workloads as `kubectl rollout restart` does. An annotation of the workload records the changes that it was restarted
 * for, so that each change restarts it once, even after a crash.
 */
export class KubeWorkloadRestarter implements WorkloadRestarter {
  readonly #options: Required<KubeWorkloadRestarterOptions>

  constructor(options: KubeWorkloadRestarterOptions) {
    this.#options = withDefaults(options, { timeoutMs: 30_000, dryRun: false, clock: systemClock })
  }

  async restart(
    workload: WorkloadRef,
    changes: ReadonlyMap<string, string>,
    options: RestartOptions,
  ): Promise<RestartResult> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      try {
        return await this.#restart(workload, changes, options)
      } catch (error) {
        if (isKubeApiError(error, 404)) return { kind: 'absent' }
        if (!isKubeApiError(error, 409)) throw restartError(error, workload)
      }
    }
    throw new SecretSyncError('Conflict', `${describe(workload)} kept changing`)
  }

  async #restart(
    workload: WorkloadRef,
    changes: ReadonlyMap<string, string>,
    { signal, delayOf }: RestartOptions,
  ): Promise<RestartResult> {
    const { client, timeoutMs, dryRun, clock } = this.#options
    const path = pathOf(workload)
    const found = await client.get<Workload>(path, { timeoutMs, signal })
    const { metadata, spec = {} } = found
    const state = workloadState(workload.kind, found)
    const remembered = new Map(state.restartedFor)
    if ([...changes].every(([name, change]) => remembered.get(name) === change)) return { kind: 'done' }
    const delay = delayOf?.(state)
    if (delay !== undefined) return { kind: 'delayed', delay }
    if (dryRun) return { kind: 'restarted', note: noteOf(spec) }
    for (const [name, change] of changes) {
      remembered.delete(name)
      remembered.set(name, change)
    }
    const latest = Object.fromEntries([...remembered].slice(-MAX_REMEMBERED))
    const now = timeText(clock.now())
    const patch = {
      metadata: {
        resourceVersion: metadata.resourceVersion,
        annotations: { [RESTARTED_FOR_ANNOTATION]: JSON.stringify(latest) },
      },
      spec: { template: { metadata: { annotations: { [RESTARTED_AT]: now } } } },
    }
    await client.mergePatch(path, patch, { accept: ACCEPT_METADATA, timeoutMs, signal })
    return { kind: 'restarted', note: noteOf(spec) }
  }
}

function pathOf({ namespace, kind, name }: WorkloadRef): string {
  return `${inNamespace(`/apis/apps/v1/${pluralOf(kind)}`, namespace)}/${encodeURIComponent(name)}`
}

function pluralOf(kind: WorkloadRef['kind']): string {
  return `${kind.toLowerCase()}s`
}

function noteOf({ paused = false, updateStrategy }: NonNullable<Workload['spec']>): string | undefined {
  if (paused) return 'it is paused: its Pods are replaced when it is resumed'
  return updateStrategy?.type === 'OnDelete'
    ? 'its update strategy is OnDelete: each Pod gets the new value after it is deleted'
    : undefined
}

/** Drops the message of the API server, because it can quote fields of the workload. */
function restartError(error: unknown, workload: WorkloadRef): SecretSyncError {
  const what = `restart of ${describe(workload)}`
  if (!isKubeApiError(error)) {
    return isSecretSyncError(error) && error.code === 'Unauthenticated'
      ? new SecretSyncError('Unavailable', error.message)
      : toSecretSyncError(error, what)
  }
  const facts = { httpStatus: error.status, ...(error.reason ? { remoteCode: error.reason } : {}) }
  if (error.status === 403) {
    const why = `forbidden; grant the verbs "get" and "patch" on "${pluralOf(workload.kind)}" (apps) in namespace ${workload.namespace}, and check for an admission policy that denies it`
    return new SecretSyncError('WriteDenied', `${what}: ${why}`, { facts })
  }
  const isOutage = [401, 408, 429].includes(error.status) || error.status >= 500
  const code = isOutage ? 'Unavailable' : 'WriteFailed'
  return new SecretSyncError(code, `${what}: the API server returned ${error.status}`, { facts })
}

function describe({ namespace, kind, name }: WorkloadRef): string {
  return `${kind} ${namespace}/${name}`
}
