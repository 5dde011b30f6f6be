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
import { guardedWriter } from '../reconcile/guarded-writer.ts'
import { asksTheSame, isCurrent, type ResourceKey, type SyncResource } from '../model/resource.ts'
import type { SyncOutcome } from '../report/sync-outcome.ts'
import { clearRestart, type RestartCause } from './clear-restart.ts'
import { SupersededPass } from '../reconcile/stale-reconcile-error.ts'

/** What a resource wants restarted, and why. */
export interface RestartRequest extends RestartCause {
  readonly resource: SyncResource
  readonly workloads: readonly WorkloadRef[]
}

/** Options of {@link Restarts}. */
export interface RestartsOptions {
  readonly restarter: WorkloadRestarter
  readonly writer: SecretWriter
  readonly reporter: Pick<SyncReporter, 'recordEvent'>
  readonly observer?: SyncObserver
  /** The resource as it is known now; undefined when it is gone. */
  readonly current: (key: ResourceKey) => SyncResource | undefined
  readonly clock: Clock
  readonly random: () => number
  /** How long a workload waits for more changes, in milliseconds. @default 5_000 */
  readonly windowMs?: number
}

interface Due extends RestartRequest {
  /** Workloads that are still to be restarted. */
  readonly open: Set<string>
  /** What has been told, so that it is told once. */
  readonly told: Set<string>
  /** Why it did not work the last time. */
  problem: string | undefined
  timer: ClockTimer | undefined
}

/** Resources that wait for one workload. */
interface Batch {
  readonly workload: WorkloadRef
  readonly keys: Set<ResourceKey>
  /** What a restart without an answer was for: it may have been made. */
  unanswered: ReadonlyMap<string, string>
  failures: number
  timer: ClockTimer | undefined
}

const NO_CHANGES: ReadonlyMap<string, string> = new Map()
const MAX_CONCURRENT = 4
const BACKOFF = { baseMs: 1_000, maxMs: 300_000 }
/** Before a restart that is done is noted down again where that failed. */
const NOTE_PAUSE_MS = 30_000

/**
 * Restarts the workloads of resources whose targets have changed: once for all that changes within a short window, whoever asks.
 * What is due stands in the targets' records, so that nothing is lost with this process.
 */
export class Restarts {
  readonly #options: RestartsOptions & { readonly windowMs: number }
  readonly #due = new Map<ResourceKey, Due>()
  readonly #batches = new Map<string, Batch>()
  readonly #places = new Semaphore(MAX_CONCURRENT)
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #waiting: (() => void)[] = []

  constructor(options: RestartsOptions) {
    this.#options = { windowMs: 5_000, ...options }
  }

  /** What is due for a resource now; undefined when nothing is. Saying it again changes nothing. */
  want(key: ResourceKey, request: RestartRequest | undefined): void {
    const known = this.#due.get(key)
    if (this.#stop.signal.aborted || (request && known && isSame(known, request))) return
    this.#drop(key)
    if (!request) return
    const open = new Set(request.workloads.map(nameOf))
    const due: Due = { ...request, open, told: new Set(), problem: undefined, timer: undefined }
    this.#due.set(key, due)
    for (const workload of request.workloads) this.#batchOf(workload).keys.add(key)
    if (open.size === 0) this.#do(() => this.#note(key, due))
  }

  /** Resolves when nothing is due that has not been tried. @returns why what is still due did not work */
  async tried(signal: AbortSignal): Promise<readonly string[]> {
    const onAbort = (): void => this.#wake()
    signal.addEventListener('abort', onAbort)
    while (!signal.aborted && [...this.#due.values()].some(({ problem }) => problem === undefined)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    signal.removeEventListener('abort', onAbort)
    return [...this.#due.values()].flatMap(({ problem }) => problem ?? [])
  }

  /** Ends what is under way. What is due stays due. */
  async close(): Promise<void> {
    this.#stop.abort()
    for (const { timer } of [...this.#due.values(), ...this.#batches.values()]) timer?.cancel()
    await Promise.all(this.#running)
    this.#wake()
  }

  #batchOf(workload: WorkloadRef): Batch {
    const name = nameOf(workload)
    const batch = this.#batches.get(name) ?? {
      workload,
      keys: new Set(),
      unanswered: NO_CHANGES,
      failures: 0,
      timer: undefined,
    }
    this.#batches.set(name, batch)
    batch.timer ??= this.#after(this.#options.windowMs, () => this.#restart(name, batch))
    return batch
  }

  #drop(key: ResourceKey): void {
    const due = this.#due.get(key)
    if (!due) return
    due.timer?.cancel()
    this.#due.delete(key)
    for (const name of due.open) this.#batches.get(name)?.keys.delete(key)
    this.#wake()
  }

  async #restart(name: string, batch: Batch): Promise<void> {
    const { restarter, observer } = this.#options
    const { workload, keys } = batch
    let asking: readonly (readonly [ResourceKey, Due])[] = []
    let changes = NO_CHANGES
    let pauseMs = this.#options.windowMs
    try {
      const { signal } = this.#stop
      const answer = await this.#places.run(async () => {
        asking = this.#asking(keys)
        changes = new Map(asking.map(([, { ownerName, change }]) => [ownerName, change]))
        return asking.length === 0 ? undefined : restarter.restart(workload, changes, { signal })
      })
      const result = answeredLate(answer, changes, batch.unanswered)
      batch.unanswered = NO_CHANGES
      batch.failures = 0
      if (result) observer?.restarted?.(workload.kind, result.kind)
      for (const [key, due] of asking) if (result) this.#succeeded(key, due, batch, result)
    } catch (error) {
      pauseMs = fullJitter(batch.failures, BACKOFF, this.#options.random)
      batch.failures += 1
      const failure = toSecretSyncError(error, `restart of ${name}`)
      if (isOutage(failure.code)) batch.unanswered = changes
      observer?.restarted?.(workload.kind, failure.code)
      for (const [, due] of asking) this.#failed(due, workload, failure)
    }
    // Whoever came meanwhile, or failed, has another turn.
    batch.timer = keys.size === 0 ? undefined : this.#after(pauseMs, () => this.#restart(name, batch))
    if (keys.size === 0) this.#batches.delete(name)
    this.#wake()
  }

  /** Of these resources, those that are as they were when the restart came due. The next sync of the others decides again. */
  #asking(keys: ReadonlySet<ResourceKey>): readonly (readonly [ResourceKey, Due])[] {
    return [...keys].flatMap((key) => {
      const due = this.#due.get(key)
      return due && this.#isCurrent(key, due) ? [[key, due] as const] : []
    })
  }

  #isCurrent(key: ResourceKey, { resource }: Due): boolean {
    return isCurrent(resource, this.#options.current(key))
  }

  #succeeded(key: ResourceKey, due: Due, { workload, keys }: Batch, result: RestartResult): void {
    this.#tell(due, workload, result)
    // Another change may have come meanwhile.
    if (this.#due.get(key) !== due) return
    keys.delete(key)
    due.open.delete(nameOf(workload))
    if (due.open.size === 0) this.#do(() => this.#note(key, due))
  }

  /** All that was due is done: the target's record need not say so any longer. */
  async #note(key: ResourceKey, due: Due): Promise<void> {
    const { observer } = this.#options
    const writer = guardedWriter(this.#options.writer, async () => {
      if (!this.#isCurrent(key, due)) throw new SupersededPass()
    })
    try {
      await this.#places.run(() => clearRestart(writer, due, this.#stop.signal))
      this.#forget(key, due)
    } catch (error) {
      // The restart stays in the record, and the next sync wants it again.
      if (error instanceof SupersededPass) {
        this.#forget(key, due)
        return this.#wake()
      }
      const failure = toSecretSyncError(error, `noting down the restart for ${key}`)
      due.problem = failure.message
      observer?.failed?.(key, failure, NOTE_PAUSE_MS)
      due.timer = this.#after(NOTE_PAUSE_MS, () => this.#note(key, due))
    }
    this.#wake()
  }

  #forget(key: ResourceKey, due: Due): void {
    if (this.#due.get(key) === due) this.#due.delete(key)
  }

  #tell({ resource, target }: Due, { kind, name }: WorkloadRef, result: RestartResult): void {
    const { reporter } = this.#options
    if (result.kind === 'absent') {
      const message = `${kind} ${name} does not exist: nothing to restart; correct spec.restart`
      reporter.recordEvent(resource, { type: 'Warning', reason: 'RestartFailed', message })
    } else if (result.kind === 'restarted') {
      const note = result.note === undefined ? '' : `; ${result.note}`
      const message = `${kind} ${name} restarted, because Secret ${target.name} has changed${note}`
      reporter.recordEvent(resource, { type: note === '' ? 'Normal' : 'Warning', reason: 'Restarted', message })
    }
  }

  #failed(due: Due, { kind, name }: WorkloadRef, error: SecretSyncError): void {
    due.problem = error.message
    if (isOutage(error.code) || error.code === 'Cancelled' || due.told.has(error.message)) return
    due.told.add(error.message)
    const message = `${kind} ${name} still has the former value of Secret ${due.target.name}: ${error.message}`
    this.#options.reporter.recordEvent(due.resource, { type: 'Warning', reason: 'RestartFailed', message })
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

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** What a sync of a resource has left to be restarted. */
export function restartsOf(resource: SyncResource, outcome: SyncOutcome): RestartRequest | undefined {
  const { namespace, name: ownerName, spec } = resource
  const { name, restartDue: change } = (outcome.kind === 'suspended' ? undefined : outcome.target) ?? {}
  if (name === undefined || change === undefined || !spec.ok) return undefined
  const workloads = spec.value.restart.map((workload) => ({ namespace, ...workload }))
  return { resource, target: { namespace, name }, ownerName, change, workloads }
}

/** A restart that is found done after an attempt without an answer was made by that attempt. */
function answeredLate(
  result: RestartResult | undefined,
  changes: ReadonlyMap<string, string>,
  unanswered: ReadonlyMap<string, string>,
): RestartResult | undefined {
  const isOurs = [...changes].every(([ownerName, change]) => unanswered.get(ownerName) === change)
  return result?.kind === 'done' && isOurs ? { kind: 'restarted', note: undefined } : result
}

function isSame(due: Due, { resource, change, target, workloads }: RestartRequest): boolean {
  return (
    asksTheSame(due.resource, resource) &&
    due.change === change &&
    due.target.name === target.name &&
    due.workloads.length === workloads.length &&
    due.workloads.every((workload, index) => nameOf(workload) === nameOf(workloads[index] as WorkloadRef))
  )
}

function nameOf({ namespace, kind, name }: WorkloadRef): string {
  return `${kind} ${namespace}/${name}`
}
