import {
  type Clock,
  isSecretSyncError,
  type RestartResult,
  SecretSyncError,
  systemClock,
  toSecretSyncError,
  type WorkloadRef,
  type WorkloadRestarter,
} from '@ack-secret-manager/core'
import {
  ACCEPT_METADATA,
  inNamespace,
  isKubeApiError,
  type KubeClient,
  type KubeObject,
} from '@ack-secret-manager/k8s-client'
import { RESTARTED_FOR_ANNOTATION } from './names.ts'

/** Options of {@link KubeWorkloadRestarter}. */
export interface KubeWorkloadRestarterOptions {
  readonly client: KubeClient
  /** Deadline of one call of the API server, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/** What `kubectl rollout restart` sets. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

/** Controllers write the status of a workload all the time. */
const MAX_ATTEMPTS = 8

/** Resources that are remembered on one workload; the latest. */
const MAX_REMEMBERED = 64

/** The part of a workload that tells how its Pods are replaced. */
interface Workload extends KubeObject {
  readonly spec?: {
    readonly paused?: boolean
    readonly updateStrategy?: { readonly type?: string }
  }
}

/**
 * Restarts workloads as `kubectl rollout restart` does. An annotation of the workload, which restarts nothing, remembers for
 * which changes it was restarted: so it happens once, also when the process dies before it has noted down that it is done.
 */
export class KubeWorkloadRestarter implements WorkloadRestarter {
  readonly #options: Required<KubeWorkloadRestarterOptions>

  constructor(options: KubeWorkloadRestarterOptions) {
    this.#options = { timeoutMs: 30_000, clock: systemClock, ...options }
  }

  async restart(
    workload: WorkloadRef,
    changes: ReadonlyMap<string, string>,
    { signal }: { signal: AbortSignal },
  ): Promise<RestartResult> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      try {
        return await this.#restart(workload, changes, signal)
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
    signal: AbortSignal,
  ): Promise<RestartResult> {
    const { client, timeoutMs, clock } = this.#options
    const path = pathOf(workload)
    const { metadata, spec = {} } = await client.get<Workload>(path, { timeoutMs, signal })
    const remembered = rememberedIn(metadata.annotations?.[RESTARTED_FOR_ANNOTATION])
    if ([...changes].every(([name, change]) => remembered.get(name) === change)) return { kind: 'done' }
    for (const [name, change] of changes) {
      remembered.delete(name)
      remembered.set(name, change)
    }
    const latest = Object.fromEntries([...remembered].slice(-MAX_REMEMBERED))
    const now = new Date(clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z')
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

/** Whatever others made of it counts as nothing. */
function rememberedIn(text: string | undefined): Map<string, string> {
  let json: unknown
  try {
    json = JSON.parse(text ?? '{}')
  } catch {
    return new Map()
  }
  const entries: [string, unknown][] = typeof json === 'object' && json !== null ? Object.entries(json) : []
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function noteOf({ paused = false, updateStrategy }: NonNullable<Workload['spec']>): string | undefined {
  if (paused) return 'it is paused: its Pods are replaced when it is resumed'
  return updateStrategy?.type === 'OnDelete'
    ? 'its update strategy is OnDelete: each Pod takes the new value when somebody deletes it'
    : undefined
}

/** Nothing of the API server's own words is kept: they may quote what others have put into the workload. */
function restartError(error: unknown, workload: WorkloadRef): SecretSyncError {
  const what = `restart of ${describe(workload)}`
  if (!isKubeApiError(error)) {
    return isSecretSyncError(error) && error.code === 'Unauthenticated'
      ? new SecretSyncError('WriteDenied', error.message)
      : toSecretSyncError(error, what)
  }
  const facts = { httpStatus: error.status, ...(error.reason ? { remoteCode: error.reason } : {}) }
  if (error.status === 401 || error.status === 403) {
    const why = `forbidden; give us the verbs "get" and "patch" on "${pluralOf(workload.kind)}" (apps) in namespace ${workload.namespace}, and look for an admission policy that refuses it`
    return new SecretSyncError('WriteDenied', `${what}: ${why}`, { facts })
  }
  const code = error.status === 408 || error.status === 429 || error.status >= 500 ? 'Unavailable' : 'WriteFailed'
  return new SecretSyncError(code, `${what}: the API server answers ${error.status}`, { facts })
}

function describe({ namespace, kind, name }: WorkloadRef): string {
  return `${kind} ${namespace}/${name}`
}
