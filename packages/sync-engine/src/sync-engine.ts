import {
  type ErrorCode,
  isOutage,
  isSecretSyncError,
  retryOf,
  type TargetChange,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import type { Condition } from '@ack-secret-manager/resources'
import { compile, type PlanDefaults } from './compile.ts'
import { DriftPacer } from './drift-pacer.ts'
import type { EngineStats, SyncEngineOptions } from './engine-options.ts'
import { readinessOf } from './readiness.ts'
import { release } from './release.ts'
import { report } from './report.ts'
import { type ResourceKey, resourceKey, splitKey, type SyncResource } from './resource.ts'
import type { ReadKey, SourceChange } from './source-types.ts'
import { SourcePool } from './sources/source-pool.ts'
import { eventOf } from './sync-event.ts'
import { hasWritten, type SyncedOutcome, type SyncOutcome } from './sync-outcome.ts'
import type { SyncPlan } from './sync-plan.ts'
import { secretsOf, syncResource, targetOf } from './sync-resource.ts'
import { PRIORITY, WorkQueue } from './work-queue.ts'

/** Refusals that somebody can lift at a target that no watch of ours shows. */
const TARGET_CODES: ReadonlySet<ErrorCode> = new Set(['TargetConflict', 'WriteDenied', 'InvalidForType'])
/** How often such a target is looked at again. */
const TARGET_RECHECK_MS = 300_000

/** Failures of a write that people can do something about. */
const TOLD_FAILURES: ReadonlySet<ErrorCode> = new Set(['WriteFailed', 'Conflict', 'Internal'])

/** How long a new resource waits for a store that is not there yet, before it says so. */
const STORE_GRACE_MS = 2_000

interface Entry {
  resource: SyncResource
  /** Its last sync found it ready, and nothing has asked for another since: a young outage is no news to it. */
  calm: boolean
  /** Syncs that have thrown since the last one that did not. */
  failures: number
  /** What was written and not yet reported. */
  unreported: SyncedOutcome | undefined
  /** Its status was written by this process. */
  reported: boolean
  /** Its store was missing at first, and has been waited for. */
  waitedForStore: boolean
  /** When a changed value was noticed that is not written yet; monotonic milliseconds. */
  changedMs: number | undefined
}

/**
 * Keeps the targets of all its resources equal to their sources. Level-triggered: whoever tells it something only says where
 * to look; every sync starts from what is true now.
 */
export class SyncEngine {
  readonly #options: SyncEngineOptions & { readonly defaults: PlanDefaults }
  readonly #entries = new Map<ResourceKey, Entry>()
  readonly #pool: SourcePool
  readonly #queue: WorkQueue
  readonly #drift: DriftPacer
  readonly #stopWatching: () => void
  #started = false

  constructor(options: SyncEngineOptions) {
    this.#options = { ...options, defaults: options.defaults ?? { intervalMs: 120_000, disablePolling: false } }
    const { clock, random, observer } = options
    this.#pool = new SourcePool({
      ...options.sources,
      clock,
      random,
      onChange: (subscribers, change, read) => this.#onSourceChange(subscribers, change, read),
    })
    this.#queue = new WorkQueue({
      ...options.queue,
      clock,
      random,
      process: (key, signal) => this.#process(key, signal),
      onError: (key, error, retryInMs) => observer?.failed?.(key, error, retryInMs),
      ...(observer?.queueWaited ? { onStart: (waitedMs) => observer.queueWaited?.(waitedMs) } : {}),
    })
    this.#drift = new DriftPacer(clock)
    this.#stopWatching = options.writer.onChange((change) => this.#onTargetChange(change))
  }

  /** Begins to sync. Resources may be told before. */
  start(): void {
    this.#started = true
    for (const [key, { resource }] of this.#entries) this.#announce(key, resource)
    // Targets whose resource went while nobody watched.
    for (const { target, records } of this.#options.writer.held()) {
      if (!this.#manages(target.namespace)) continue
      for (const name of records.keys()) {
        const key = resourceKey({ namespace: target.namespace, name })
        if (!this.#entries.has(key)) this.#queue.add(key, PRIORITY.routine)
      }
    }
    this.#queue.start()
  }

  /** A resource appeared or changed. Its own status coming back is no change. */
  upsert(resource: SyncResource): void {
    const key = resourceKey(resource)
    const entry = this.#entries.get(key)
    if (!entry) {
      this.#entries.set(key, newEntry(resource))
      if (this.#started) this.#announce(key, resource)
      this.#queue.add(key, readyOf(resource) === 'True' ? PRIORITY.routine : PRIORITY.first)
      return
    }
    const before = entry.resource
    const same =
      before.uid === resource.uid &&
      before.generation === resource.generation &&
      before.adopt === resource.adopt &&
      before.refreshNow === resource.refreshNow
    // What we wrote last is newer than what the watch brings back of it.
    entry.reported &&= before.uid === resource.uid
    entry.resource = entry.reported ? { ...resource, status: before.status } : resource
    if (before.refreshNow !== resource.refreshNow && resource.refreshNow !== undefined) this.#pool.refreshNow(key)
    if (!same) this.#queue.add(key, PRIORITY.changed)
  }

  /** A resource is gone. */
  remove(key: ResourceKey): void {
    if (this.#entries.delete(key)) this.#queue.add(key, PRIORITY.changed)
  }

  /** Something that these resources refer to has changed: a store, a credential, who may use it. All when not given. */
  storesChanged(uses?: (resource: SyncResource) => boolean): void {
    for (const [key, { resource }] of this.#entries) {
      if (uses !== undefined && !uses(resource)) continue
      this.#pool.retryFailed(key)
      this.#queue.add(key, PRIORITY.changed)
    }
  }

  /** Somebody says that a secret may have changed: looked at soon, believed never. */
  hint(secretName: string): void {
    this.#pool.hint(secretName)
  }

  /** Resolves when every resource has been looked at and nothing is under work. */
  async idle(): Promise<void> {
    await this.#queue.idle()
  }

  /** Figures for health and metrics. Counts all resources: not for a hot path. */
  stats(): EngineStats {
    const ready = { True: 0, False: 0, Unknown: 0 }
    for (const { resource } of this.#entries.values()) ready[readyOf(resource)] += 1
    return { resources: this.#entries.size, ready, sources: this.#pool.stats(), queue: this.#queue.stats() }
  }

  /** Finishes the writes under way, aborting them after `graceMs`, then stops. */
  async close(graceMs: number = 10_000): Promise<void> {
    this.#stopWatching()
    await this.#queue.close(graceMs)
    await this.#pool.close()
  }

  /** Has the pool know a resource before its turn comes, so that all who need one secret share its first read. */
  #announce(key: ResourceKey, { spec, namespace }: SyncResource): void {
    if (!spec.ok || spec.value.suspend) return
    try {
      const plan = compile(spec.value, namespace, this.#options.resolveStore, this.#options.defaults)
      this.#pool.subscribe(key, plan.reads, plan.intervalMs)
    } catch (error) {
      // What does not compile is reported in its turn.
      if (!isSecretSyncError(error)) throw error
    }
  }

  #onSourceChange(subscribers: readonly string[], change: SourceChange, read: ReadKey): void {
    const error = this.#pool.peek(read)?.error
    // A young outage and its end are no news to a resource that is ready: looking would only cost reads of its other sources.
    const quiet = change === 'recovered' || (change === 'failed' && error !== undefined && isOutage(error.code))
    const now = this.#options.clock.monotonic()
    for (const key of subscribers) {
      const entry = this.#entries.get(key)
      if (!entry || (quiet && entry.calm)) continue
      if (change === 'value') entry.changedMs ??= now
      this.#queue.add(key, change === 'value' ? PRIORITY.changed : PRIORITY.routine)
    }
  }

  #onTargetChange({ target, ownerNames }: TargetChange): void {
    if (!this.#manages(target.namespace)) return
    // A resource that was refused a target holds no record in it, but most often has its name.
    for (const name of new Set([...ownerNames, target.name])) {
      const key = resourceKey({ namespace: target.namespace, name })
      if (!this.#entries.has(key)) {
        if (ownerNames.includes(name)) this.#queue.add(key, PRIORITY.routine)
      } else this.#queue.addAfter(key, this.#drift.pauseMs(key), PRIORITY.changed)
    }
  }

  async #process(key: ResourceKey, signal: AbortSignal): Promise<void> {
    const entry = this.#entries.get(key)
    if (!entry) return this.#forget(key, signal)
    const { clock, observer } = this.#options
    const startedMs = clock.monotonic()
    entry.calm = false
    try {
      const outcome = await this.#syncAndReport(key, entry, signal)
      entry.failures = 0
      if (outcome) observer?.synced?.(key, outcome, clock.monotonic() - startedMs)
    } catch (error) {
      // Plaintext is kept for the next try, which comes soon or is given up with it.
      entry.failures += 1
      if (entry.failures > 1) await this.#reportFailure(key, entry, error, signal)
      throw error
    }
    this.#pool.consumed(key)
  }

  /** @returns undefined where it is too early to say anything */
  async #syncAndReport(key: ResourceKey, entry: Entry, signal: AbortSignal): Promise<SyncOutcome | undefined> {
    const { clock, observer } = this.#options
    const { resource, changedMs } = entry
    const outcome = afterwards(await this.#sync(key, resource, signal), entry.unreported)
    if (!entry.waitedForStore && onlyLacksStore(outcome)) {
      // A resource and its store are often applied together, in any order: not worth a warning.
      entry.waitedForStore = true
      this.#queue.addAfter(key, STORE_GRACE_MS, PRIORITY.first)
      return undefined
    }
    entry.unreported = hasWritten(outcome) ? outcome : undefined
    entry.calm = readinessOf(outcome).ready
    await this.#report(entry, resource, outcome, signal)
    entry.unreported = undefined
    if (outcome.kind === 'synced' && outcome.corrected) this.#drift.corrected(key)
    if (changedMs !== undefined && hasWritten(outcome)) observer?.changeWritten?.(clock.monotonic() - changedMs)
    if (entry.changedMs === changedMs) entry.changedMs = undefined
    if (outcome.kind === 'refused' && TARGET_CODES.has(outcome.error.code)) {
      this.#queue.addAfter(key, TARGET_RECHECK_MS, PRIORITY.routine)
    }
    return outcome
  }

  /** A write that keeps failing is told, unless it is the API server itself that cannot be told anything. */
  async #reportFailure(key: ResourceKey, entry: Entry, error: unknown, signal: AbortSignal): Promise<void> {
    if (!isSecretSyncError(error) || !TOLD_FAILURES.has(error.code)) return
    const { resource } = entry
    const secrets = resource.spec.ok ? secretsOf(resource.spec.value) : []
    try {
      await this.#report(entry, resource, { kind: 'refused', error, secrets, target: undefined }, signal)
    } catch (reportError) {
      this.#options.observer?.failed?.(key, toSecretSyncError(reportError, `status of ${key}`), 0)
    }
  }

  async #sync(key: ResourceKey, resource: SyncResource, signal: AbortSignal): Promise<SyncOutcome> {
    const { writer, digester, resolveStore, defaults } = this.#options
    if (!resource.spec.ok) {
      return this.#untouched(key, { kind: 'refused', error: resource.spec.error, secrets: [], target: undefined })
    }
    const spec = resource.spec.value
    if (spec.suspend) return this.#untouched(key, { kind: 'suspended' })
    let plan: SyncPlan
    try {
      plan = compile(spec, resource.namespace, resolveStore, defaults)
    } catch (error) {
      if (!isSecretSyncError(error) || retryOf(error.code) === 'transient') throw error
      return this.#untouched(key, { kind: 'refused', error, secrets: secretsOf(spec), target: undefined })
    }
    this.#pool.subscribe(key, plan.reads, plan.intervalMs)
    const readings = await this.#pool.values(key, plan.reads, { signal })
    const missing = resource.status?.target?.name === targetOf(resource, spec).name
    const refused = readyCondition(resource)?.reason === 'TargetConflict'
    const outcome = await syncResource({ resource, spec, plan, readings, writer, digester, signal, missing, refused })
    if (outcome.kind === 'synced' && outcome.target.uid !== undefined) await this.#releaseFormer(key, outcome, signal)
    return outcome
  }

  /** Nothing is read for a resource that may not be synced, and what it has stays. */
  #untouched(key: ResourceKey, outcome: SyncOutcome): SyncOutcome {
    this.#pool.unsubscribe(key)
    return outcome
  }

  async #report(entry: Entry, resource: SyncResource, outcome: SyncOutcome, signal: AbortSignal): Promise<void> {
    const { reporter, clock } = this.#options
    const status = report(outcome, resource.generation, resource.status, clock.now())
    if (status) await reporter.writeStatus(resource, status, { signal })
    const event = eventOf(outcome, resource.status)
    if (event) reporter.recordEvent(resource, event)
    if (!status || entry.resource.uid !== resource.uid) return
    entry.reported = true
    entry.resource = { ...entry.resource, status }
  }

  /** After a change of `target.name` the former target is treated as if its resource had gone. */
  async #releaseFormer(key: ResourceKey, { target }: SyncedOutcome, signal: AbortSignal): Promise<void> {
    const { writer, observer } = this.#options
    const [namespace, name] = splitKey(key)
    const former = writer.heldBy(namespace, name).filter((held) => held.target.name !== target.name)
    try {
      await release(writer, former, name, 'moved', signal)
    } catch (error) {
      if (!isSecretSyncError(error) || retryOf(error.code) === 'transient') throw error
      // The new target is as it should be; the old one is tried again later.
      observer?.failed?.(key, error, TARGET_RECHECK_MS)
      this.#queue.addAfter(key, TARGET_RECHECK_MS, PRIORITY.routine)
    }
  }

  async #forget(key: ResourceKey, signal: AbortSignal): Promise<void> {
    this.#pool.unsubscribe(key)
    this.#drift.forget(key)
    const [namespace, name] = splitKey(key)
    const { writer } = this.#options
    await release(writer, writer.heldBy(namespace, name), name, 'gone', signal)
  }

  /** Whether a namespace is ours to look after; what others look after in the same cluster is none of our business. */
  #manages(namespace: string): boolean {
    return this.#options.manages?.(namespace) ?? true
  }
}

function newEntry(resource: SyncResource): Entry {
  return {
    resource,
    calm: false,
    failures: 0,
    unreported: undefined,
    reported: false,
    waitedForStore: false,
    changedMs: undefined,
  }
}

/** An outcome together with what an earlier sync wrote and could not report. */
function afterwards(outcome: SyncOutcome, unreported: SyncedOutcome | undefined): SyncOutcome {
  if (!unreported || outcome.kind !== 'synced' || outcome.action !== 'none') return outcome
  const { action, adopted, corrected } = unreported
  return { ...outcome, action, adopted, corrected }
}

function readyCondition(resource: SyncResource): Condition | undefined {
  return resource.status?.conditions.find(({ type }) => type === 'Ready')
}

/** Status of the Ready condition as last written. */
function readyOf(resource: SyncResource): 'True' | 'False' | 'Unknown' {
  return readyCondition(resource)?.status ?? 'Unknown'
}

function onlyLacksStore(outcome: SyncOutcome): boolean {
  return (
    outcome.kind === 'synced' &&
    outcome.action === 'wait' &&
    outcome.failures.every(({ error }) => error.code === 'StoreNotFound')
  )
}
