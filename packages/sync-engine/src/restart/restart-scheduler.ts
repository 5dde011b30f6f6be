import {
  type Clock,
  type ClockTimer,
  defined,
  fullJitter,
  isOutage,
  type RestartDelay,
  type RestartResult,
  Semaphore,
  type SecretSyncError,
  type SecretWriter,
  toSecretSyncError,
  type WorkloadRef,
  type WorkloadRestarter,
  type WorkloadState,
  withDefaults,
} from '@ack-secret-manager/core'
import type { SyncEngineOptions, SyncObserver, SyncReporter } from '../sync-engine-options.ts'
import { guardedWriter } from '../reconcile/guard/guarded-writer.ts'
import { isCurrent, namespaceOf, type ResourceKey, type SyncResource } from '../model/resource.ts'
import type { SyncEvent } from '../report/event.ts'
import { hasRecord, type SyncOutcome } from '../report/sync-outcome.ts'
import { clearRestart, type RestartCause } from './clear-restart.ts'
import { type DueRestart, restartDelay } from './restart-delay.ts'
import { delayEvent, haltedRestart, restartEvent, restartFailure } from './restart-events.ts'
import { attributeLateResult, isSameRestart, type RestartRequest, restartsOf, workloadName } from './restart-request.ts'
import { StaleReconcileError } from '../reconcile/guard/stale-reconcile-error.ts'

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
  /** Messages of reported errors and delays, so that each is reported once. */
  readonly reported: Set<string>
  /** Message of the last error. */
  lastError: string | undefined
  /** The last attempt found that the restart must wait. */
  isDelayed: boolean
  timer: ClockTimer | undefined
}

/** Resources that wait for one workload. */
interface Batch {
  readonly workload: WorkloadRef
  readonly keys: Set<ResourceKey>
  /** Changes of a restart without a response, which may have been applied. */
  unacknowledged: ReadonlyMap<string, string>
  failures: number
  /** Why its restart waits. Kept until the next result, even while a new request is checked. */
  delay: RestartDelay | undefined
  /** The timer ends a delay. A new request does not wait for it. */
  isWaiting: boolean
  /** Since when it waits for a rollout; monotonic milliseconds. */
  haltedSinceMs: number | undefined
  /** Requests have arrived since the last attempt began. */
  hasNew: boolean
  isRunning: boolean
  timer: ClockTimer | undefined
}

const NO_CHANGES: ReadonlyMap<string, string> = new Map()
export const NO_RESTARTS = { interval: 0, window: 0, rollout: 0 } as const satisfies Record<RestartDelay['reason'], 0>
/** Concurrent restarts. Namespaces take turns. */
const MAX_CONCURRENT = 4
const BACKOFF = { baseMs: 1_000, maxMs: 300_000 }
/** Backoff of checks of an unfinished rollout. */
const ROLLOUT_BACKOFF = { baseMs: 5_000, maxMs: 120_000 }
/** A rollout that takes longer is reported, as Kubernetes does by default (`progressDeadlineSeconds`). */
const SLOW_ROLLOUT_MS = 600_000
/** Longest wait for a window before the time is compared again, because clocks are set and timers end within 24 days. */
const MAX_WAIT_MS = 3_600_000
/** Retry delay for clearing the record of a finished restart. */
const CLEAR_RETRY_MS = 30_000

/**
 * Restarts workloads after changes of their targets, once for all changes within a short window. Pending restarts are in the
 * records of the targets, so that a crash loses none.
 */
export class RestartScheduler {
  readonly #options: RestartSchedulerOptions & { readonly windowMs: number }
  readonly #pending = new Map<ResourceKey, PendingRestart>()
  /** Pending restarts whose target was deleted or has lost its record. They wait until the next write records them again. */
  readonly #unrecorded = new Map<ResourceKey, RestartCause>()
  readonly #batches = new Map<string, Batch>()
  readonly #slots = new Semaphore(MAX_CONCURRENT)
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #waiters: (() => void)[] = []

  constructor(options: RestartSchedulerOptions) {
    this.#options = withDefaults(options, { windowMs: 5_000 })
  }

  /** Sets the pending restart of a resource; undefined if there is none. Idempotent. */
  schedule(key: ResourceKey, request: RestartRequest | undefined): void {
    const known = this.#pending.get(key)
    if (this.#stop.signal.aborted || (request && known && isSameRestart(known, request))) return
    this.#drop(key)
    if (!request) return
    const open = new Set(request.workloads.map(workloadName))
    const fresh = { reported: new Set<string>(), lastError: undefined, isDelayed: false, timer: undefined }
    const pending: PendingRestart = { ...request, open, ...fresh }
    this.#pending.set(key, pending)
    for (const workload of request.workloads) this.#addTo(workload, key)
    if (open.size === 0) this.#do(() => this.#clearRecord(key, pending))
  }

  /** The pending restart of a resource, even if no record has it any more. */
  causeOf(key: ResourceKey): RestartCause | undefined {
    return this.#pending.get(key) ?? this.#unrecorded.get(key)
  }

  /** Sets the pending restart that a sync has left in the record of the target. */
  synced(key: ResourceKey, resource: SyncResource, outcome: SyncOutcome): void {
    const cause = this.causeOf(key)
    if (cause && !hasRecord(outcome)) this.#unrecorded.set(key, cause)
    else this.#unrecorded.delete(key)
    this.schedule(key, restartsOf(resource, outcome))
  }

  /** The resource is gone, or is being deleted. */
  forget(key: ResourceKey): void {
    this.#unrecorded.delete(key)
    this.schedule(key, undefined)
  }

  /** Workloads whose restart waits, by the reason. */
  waiting(): Readonly<Record<RestartDelay['reason'], number>> {
    const counts: Record<RestartDelay['reason'], number> = { ...NO_RESTARTS }
    for (const { delay, keys } of this.#batches.values()) if (delay && keys.size > 0) counts[delay.reason] += 1
    return counts
  }

  /** Resolves when every pending restart has been tried. @returns the errors of those still pending */
  async waitUntilTried(signal: AbortSignal): Promise<readonly string[]> {
    const onAbort = (): void => this.#notifyWaiters()
    signal.addEventListener('abort', onAbort)
    const isUntried = ({ lastError, isDelayed }: PendingRestart): boolean => lastError === undefined && !isDelayed
    while (!signal.aborted && [...this.#pending.values()].some(isUntried)) {
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

  #addTo({ namespace, kind, name }: WorkloadRef, key: ResourceKey): void {
    const workload = { namespace, kind, name }
    const id = workloadName(workload)
    const batch = this.#batches.get(id) ?? {
      workload,
      keys: new Set(),
      unacknowledged: NO_CHANGES,
      failures: 0,
      delay: undefined,
      isWaiting: false,
      haltedSinceMs: undefined,
      hasNew: false,
      isRunning: false,
      timer: undefined,
    }
    this.#batches.set(id, batch)
    batch.keys.add(key)
    batch.hasNew = true
    // The new request may restart the workload earlier than those that wait.
    const isEarlier = batch.timer === undefined || batch.isWaiting
    if (isEarlier && !batch.isRunning) this.#retry(id, batch, this.#options.windowMs)
  }

  #retry(id: string, batch: Batch, afterMs: number): void {
    batch.timer?.cancel()
    batch.isWaiting = false
    batch.timer = this.#after(afterMs, () => this.#restart(id, batch))
  }

  #drop(key: ResourceKey): void {
    const pending = this.#pending.get(key)
    if (!pending) return
    pending.timer?.cancel()
    this.#pending.delete(key)
    for (const name of pending.open) this.#batches.get(name)?.keys.delete(key)
    this.#notifyWaiters()
  }

  async #restart(id: string, batch: Batch): Promise<void> {
    const { restarter, observer, clock } = this.#options
    const { workload, keys } = batch
    batch.isRunning = true
    let requests: readonly (readonly [ResourceKey, PendingRestart])[] = []
    let changes = NO_CHANGES
    let pauseMs = this.#options.windowMs
    let delay: RestartDelay | undefined
    try {
      const { signal } = this.#stop
      const response = await this.#slots.run(async () => {
        batch.hasNew = false
        requests = this.#requests(keys)
        changes = new Map(requests.map(([, { ownerName, change }]) => [ownerName, change]))
        const due = requests.map(([, pending]) => dueAt(id, pending))
        const delayOf = (state: WorkloadState) => restartDelay(state, due, clock.now())
        return requests.length === 0 ? undefined : restarter.restart(workload, changes, { signal, delayOf })
      }, workload.namespace)
      const result = attributeLateResult(response, changes, batch.unacknowledged)
      batch.unacknowledged = NO_CHANGES
      batch.delay = result?.kind === 'delayed' ? result.delay : undefined
      if (result?.kind === 'delayed') {
        delay = result.delay
        pauseMs = this.#delayed(batch, requests, delay)
      } else {
        Object.assign(batch, { failures: 0, haltedSinceMs: undefined })
        if (result) observer?.restarted?.(workload.kind, result.kind)
        for (const [key, pending] of requests) if (result) this.#succeeded(key, pending, batch, result)
      }
    } catch (error) {
      pauseMs = fullJitter(batch.failures, BACKOFF, this.#options.random)
      batch.failures += 1
      const failure = toSecretSyncError(error, `restart of ${id}`)
      if (isOutage(failure.code)) batch.unacknowledged = changes
      observer?.restarted?.(workload.kind, failure.code)
      observer?.restartFailed?.(workload, failure, pauseMs)
      for (const [, pending] of requests) this.#failed(pending, workload, failure)
    }
    batch.isRunning = false
    // Requests that arrived meanwhile, wait, or failed, get another run.
    const isEarlier = delay !== undefined && batch.hasNew
    if (keys.size > 0) this.#retry(id, batch, isEarlier ? this.#options.windowMs : pauseMs)
    else this.#batches.delete(id)
    batch.isWaiting = delay !== undefined && !isEarlier
    this.#notifyWaiters()
  }

  /** @returns when to check again, in milliseconds */
  #delayed(batch: Batch, requests: readonly (readonly [ResourceKey, PendingRestart])[], delay: RestartDelay): number {
    const { clock, random, windowMs, observer } = this.#options
    const nowMs = clock.monotonic()
    if (delay.reason === 'rollout') batch.haltedSinceMs ??= nowMs
    else Object.assign(batch, { failures: 0, haltedSinceMs: undefined })
    const isSlow = nowMs - (batch.haltedSinceMs ?? nowMs) >= SLOW_ROLLOUT_MS
    const isReported = delay.reason !== 'rollout' || delay.rollout === 'failed' || isSlow
    for (const [, pending] of requests) {
      pending.isDelayed = true
      if (isReported) this.#reportOnce(pending, delayEvent(batch.workload, pending.target.name, delay))
    }
    if (delay.reason !== 'rollout')
      return Math.min(Math.max((delay.untilMs ?? Infinity) - clock.now(), windowMs), MAX_WAIT_MS)
    const pauseMs = Math.max(windowMs, fullJitter(batch.failures, ROLLOUT_BACKOFF, random))
    if (isReported) observer?.restartFailed?.(batch.workload, haltedRestart(batch.workload, delay), pauseMs)
    batch.failures += 1
    return pauseMs
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
    const event = restartEvent(workload, pending.target.name, result)
    if (event) this.#options.reporter.recordEvent(pending.resource, event)
    // Another change may have replaced it.
    if (this.#pending.get(key) !== pending) return
    keys.delete(key)
    pending.open.delete(workloadName(workload))
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

  #failed(pending: PendingRestart, workload: WorkloadRef, error: SecretSyncError): void {
    pending.lastError = error.message
    if (isOutage(error.code) || error.code === 'Cancelled') return
    this.#reportOnce(pending, restartFailure(workload, pending.target.name, error))
  }

  #reportOnce({ resource, reported }: PendingRestart, event: SyncEvent): void {
    if (reported.has(event.message)) return
    reported.add(event.message)
    this.#options.reporter.recordEvent(resource, event)
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

/** The limits of one workload of a pending restart. */
function dueAt(id: string, { ownerName, change, workloads }: PendingRestart): DueRestart {
  const { minIntervalMs = 0, window } = workloads.find((workload) => workloadName(workload) === id) ?? {}
  return { ownerName, change, minIntervalMs, window }
}

/** The scheduler of an engine; undefined if the engine restarts nothing. */
export function restartScheduler(
  options: SyncEngineOptions,
  current: RestartSchedulerOptions['current'],
): RestartScheduler | undefined {
  const { restarter, restartWindowMs: windowMs } = options
  return restarter && new RestartScheduler({ ...options, restarter, current, ...defined({ windowMs }) })
}
