import {
  type Clock,
  type ClockTimer,
  fullJitter,
  isOutage,
  type RestartResult,
  Semaphore,
  type SecretSyncError,
  type SecretWriter,
  toSecretSyncError,
  type WorkloadRef,
  type WorkloadRestarter,
} from '@ack-secret-manager/core'
import type { SyncObserver, SyncReporter } from '../sync-engine-options.ts'
import { guardedWriter } from '../reconcile/guard/guarded-writer.ts'
import { isSameRequest, isCurrent, namespaceOf, type ResourceKey, type SyncResource } from '../model/resource.ts'
import type { SyncOutcome } from '../report/sync-outcome.ts'
import { clearRestart, type RestartCause } from './clear-restart.ts'
import { StaleReconcileError } from '../reconcile/guard/stale-reconcile-error.ts'

/** The workloads that a resource restarts, and the cause. */
export interface RestartRequest extends RestartCause {
  readonly resource: SyncResource
  readonly workloads: readonly WorkloadRef[]
}

export interface RestartSchedulerOptions {
  readonly restarter: WorkloadRestarter
  readonly writer: SecretWriter
  readonly reporter: Pick<SyncReporter, 'recordEvent'>
  readonly observer?: SyncObserver
  /** The latest known resource; undefined if it was deleted. */
  readonly current: (key: ResourceKey) => SyncResource | undefined
  readonly clock: Clock
  readonly random: () => number
  /** How long a workload waits for more changes, in milliseconds. @default 5_000 */
  readonly windowMs?: number
}

interface PendingRestart extends RestartRequest {
  /** Workloads that have not been restarted yet. */
  readonly open: Set<string>
  /** Reported errors, so that each is reported once. */
  readonly reported: Set<string>
  /** Message of the last error. */
  lastError: string | undefined
  timer: ClockTimer | undefined
}

/** Resources that wait for one workload. */
interface Batch {
  readonly workload: WorkloadRef
  readonly keys: Set<ResourceKey>
  /** Changes of a restart without a response, which may have been applied. */
  unacknowledged: ReadonlyMap<string, string>
  failures: number
  timer: ClockTimer | undefined
}

const NO_CHANGES: ReadonlyMap<string, string> = new Map()
/** Concurrent restarts. Namespaces take turns. */
const MAX_CONCURRENT = 4
const BACKOFF = { baseMs: 1_000, maxMs: 300_000 }
/** Retry delay for clearing the record of a finished restart. */
const CLEAR_RETRY_MS = 30_000

/**
 * Restarts workloads after changes of their targets, once for all changes within a short window. Pending restarts are in the
 * records of the targets, so that a crash loses none.
 */
export class RestartScheduler {
  readonly #options: RestartSchedulerOptions & { readonly windowMs: number }
  readonly #pending = new Map<ResourceKey, PendingRestart>()
  readonly #batches = new Map<string, Batch>()
  readonly #slots = new Semaphore(MAX_CONCURRENT)
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #waiters: (() => void)[] = []

  constructor(options: RestartSchedulerOptions) {
    this.#options = { windowMs: 5_000, ...options }
  }

  /** Sets the pending restart of a resource; undefined if there is none. Idempotent. */
  schedule(key: ResourceKey, request: RestartRequest | undefined): void {
    const known = this.#pending.get(key)
    if (this.#stop.signal.aborted || (request && known && isSame(known, request))) return
    this.#drop(key)
    if (!request) return
    const open = new Set(request.workloads.map(nameOf))
    const pending: PendingRestart = { ...request, open, reported: new Set(), lastError: undefined, timer: undefined }
    this.#pending.set(key, pending)
    for (const workload of request.workloads) this.#batchOf(workload).keys.add(key)
    if (open.size === 0) this.#do(() => this.#clearRecord(key, pending))
  }

  /** Resolves when every pending restart has been tried. @returns the errors of those still pending */
  async waitUntilTried(signal: AbortSignal): Promise<readonly string[]> {
    const onAbort = (): void => this.#notifyWaiters()
    signal.addEventListener('abort', onAbort)
    while (!signal.aborted && [...this.#pending.values()].some(({ lastError }) => lastError === undefined)) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
    signal.removeEventListener('abort', onAbort)
    return [...this.#pending.values()].flatMap(({ lastError }) => lastError ?? [])
  }

  /** Aborts running restarts. Pending ones stay in the records. */
  async close(): Promise<void> {
    this.#stop.abort()
    for (const { timer } of [...this.#pending.values(), ...this.#batches.values()]) timer?.cancel()
    await Promise.all(this.#running)
    this.#notifyWaiters()
  }

  #batchOf(workload: WorkloadRef): Batch {
    const name = nameOf(workload)
    const batch = this.#batches.get(name) ?? {
      workload,
      keys: new Set(),
      unacknowledged: NO_CHANGES,
      failures: 0,
      timer: undefined,
    }
    this.#batches.set(name, batch)
    batch.timer ??= this.#after(this.#options.windowMs, () => this.#restart(name, batch))
    return batch
  }

  #drop(key: ResourceKey): void {
    const pending = this.#pending.get(key)
    if (!pending) return
    pending.timer?.cancel()
    this.#pending.delete(key)
    for (const name of pending.open) this.#batches.get(name)?.keys.delete(key)
    this.#notifyWaiters()
  }

  async #restart(name: string, batch: Batch): Promise<void> {
    const { restarter, observer } = this.#options
    const { workload, keys } = batch
    let requests: readonly (readonly [ResourceKey, PendingRestart])[] = []
    let changes = NO_CHANGES
    let pauseMs = this.#options.windowMs
    try {
      const { signal } = this.#stop
      const response = await this.#slots.run(async () => {
        requests = this.#requests(keys)
        changes = new Map(requests.map(([, { ownerName, change }]) => [ownerName, change]))
        return requests.length === 0 ? undefined : restarter.restart(workload, changes, { signal })
      }, workload.namespace)
      const result = attributeLateResult(response, changes, batch.unacknowledged)
      batch.unacknowledged = NO_CHANGES
      batch.failures = 0
      if (result) observer?.restarted?.(workload.kind, result.kind)
      for (const [key, pending] of requests) if (result) this.#succeeded(key, pending, batch, result)
    } catch (error) {
      pauseMs = fullJitter(batch.failures, BACKOFF, this.#options.random)
      batch.failures += 1
      const failure = toSecretSyncError(error, `restart of ${name}`)
      if (isOutage(failure.code)) batch.unacknowledged = changes
      observer?.restarted?.(workload.kind, failure.code)
      for (const [, pending] of requests) this.#failed(pending, workload, failure)
    }
    // Requests that arrived meanwhile, or failed, get another run.
    batch.timer = keys.size === 0 ? undefined : this.#after(pauseMs, () => this.#restart(name, batch))
    if (keys.size === 0) this.#batches.delete(name)
    this.#notifyWaiters()
  }

  /** Pending restarts of resources that have not changed since. The next sync of the others decides again. */
  #requests(keys: ReadonlySet<ResourceKey>): readonly (readonly [ResourceKey, PendingRestart])[] {
    return [...keys].flatMap((key) => {
      const pending = this.#pending.get(key)
      return pending && this.#isCurrent(key, pending) ? [[key, pending] as const] : []
    })
  }

  #isCurrent(key: ResourceKey, { resource }: PendingRestart): boolean {
    return isCurrent(resource, this.#options.current(key))
  }

  #succeeded(key: ResourceKey, pending: PendingRestart, { workload, keys }: Batch, result: RestartResult): void {
    this.#report(pending, workload, result)
    // Another change may have replaced it.
    if (this.#pending.get(key) !== pending) return
    keys.delete(key)
    pending.open.delete(nameOf(workload))
    if (pending.open.size === 0) this.#do(() => this.#clearRecord(key, pending))
  }

  /** Removes a finished restart from the record of the target. */
  async #clearRecord(key: ResourceKey, pending: PendingRestart): Promise<void> {
    const { observer } = this.#options
    const writer = guardedWriter(this.#options.writer, async () => {
      if (!this.#isCurrent(key, pending)) throw new StaleReconcileError()
    })
    try {
      await this.#slots.run(() => clearRestart(writer, pending, this.#stop.signal), namespaceOf(key))
      this.#forget(key, pending)
    } catch (error) {
      // The restart stays in the record, and the next sync schedules it again.
      if (error instanceof StaleReconcileError) {
        this.#forget(key, pending)
        return this.#notifyWaiters()
      }
      const failure = toSecretSyncError(error, `clearing the restart record of ${key}`)
      pending.lastError = failure.message
      observer?.failed?.(key, failure, CLEAR_RETRY_MS)
      pending.timer = this.#after(CLEAR_RETRY_MS, () => this.#clearRecord(key, pending))
    }
    this.#notifyWaiters()
  }

  #forget(key: ResourceKey, pending: PendingRestart): void {
    if (this.#pending.get(key) === pending) this.#pending.delete(key)
  }

  #report({ resource, target }: PendingRestart, { kind, name }: WorkloadRef, result: RestartResult): void {
    const { reporter } = this.#options
    if (result.kind === 'absent') {
      const message = `${kind} ${name} does not exist: nothing to restart; correct spec.restart`
      reporter.recordEvent(resource, { type: 'Warning', reason: 'RestartFailed', message })
    } else if (result.kind === 'restarted') {
      const note = result.note === undefined ? '' : `; ${result.note}`
      const message = `${kind} ${name} restarted because Secret ${target.name} changed${note}`
      reporter.recordEvent(resource, { type: note === '' ? 'Normal' : 'Warning', reason: 'Restarted', message })
    }
  }

  #failed(pending: PendingRestart, { kind, name }: WorkloadRef, error: SecretSyncError): void {
    pending.lastError = error.message
    if (isOutage(error.code) || error.code === 'Cancelled' || pending.reported.has(error.message)) return
    pending.reported.add(error.message)
    const message = `${kind} ${name} still uses the previous value of Secret ${pending.target.name}: ${error.message}`
    this.#options.reporter.recordEvent(pending.resource, { type: 'Warning', reason: 'RestartFailed', message })
  }

  #after(delayMs: number, work: () => Promise<void>): ClockTimer | undefined {
    if (this.#stop.signal.aborted) return undefined
    return this.#options.clock.setTimeout(() => this.#do(work), delayMs)
  }

  #do(work: () => Promise<void>): void {
    if (this.#stop.signal.aborted) return
    const running = work().finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  #notifyWaiters(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }
}

/** The restart that an outcome leaves pending. */
export function restartsOf(resource: SyncResource, outcome: SyncOutcome): RestartRequest | undefined {
  const { namespace, name: ownerName, spec } = resource
  const { name, restartDue: change } = (outcome.kind === 'suspended' ? undefined : outcome.target) ?? {}
  if (name === undefined || change === undefined || !spec.ok) return undefined
  const workloads = spec.value.restart.map((workload) => ({ namespace, ...workload }))
  return { resource, target: { namespace, name }, ownerName, change, workloads }
}

/** A restart found done after an attempt without a response was made by that attempt. */
function attributeLateResult(
  result: RestartResult | undefined,
  changes: ReadonlyMap<string, string>,
  unacknowledged: ReadonlyMap<string, string>,
): RestartResult | undefined {
  const isOurs = [...changes].every(([ownerName, change]) => unacknowledged.get(ownerName) === change)
  return result?.kind === 'done' && isOurs ? { kind: 'restarted', note: undefined } : result
}

function isSame(pending: PendingRestart, { resource, change, target, workloads }: RestartRequest): boolean {
  return (
    isSameRequest(pending.resource, resource) &&
    pending.change === change &&
    pending.target.name === target.name &&
    pending.workloads.length === workloads.length &&
    pending.workloads.every((workload, index) => nameOf(workload) === nameOf(workloads[index] as WorkloadRef))
  )
}

function nameOf({ namespace, kind, name }: WorkloadRef): string {
  return `${kind} ${namespace}/${name}`
}
