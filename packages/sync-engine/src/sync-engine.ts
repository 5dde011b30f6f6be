import {
  type ErrorCode,
  isOutage,
  isSecretSyncError,
  type ObservedSecret,
  retryOf,
  type TargetChange,
} from '@ack-secret-manager/core'
import type { ExternalSecretSpec } from '@ack-secret-manager/resources'
import { compile, type PlanDefaults } from './compile.ts'
import { DriftPacer } from './drift-pacer.ts'
import type { EngineStats, SyncEngineOptions } from './engine-options.ts'
import { releasesFor } from './release.ts'
import { report } from './report.ts'
import { type ResourceKey, resourceKey, type SyncResource } from './resource.ts'
import type { ReadKey, SourceChange } from './source-types.ts'
import { SourcePool } from './sources/source-pool.ts'
import { eventOf } from './sync-event.ts'
import type { SyncOutcome } from './sync-outcome.ts'
import { syncResource, targetOf } from './sync-resource.ts'
import { PRIORITY, WorkQueue } from './work-queue.ts'

/** Refusals that somebody can lift at a target that no watch of ours shows. */
const TARGET_CODES: ReadonlySet<ErrorCode> = new Set(['TargetConflict', 'WriteDenied', 'InvalidForType'])
/** How often such a target is looked at again. */
const TARGET_RECHECK_MS = 300_000

/** How long a new resource waits for a store that is not there yet, before it says so. */
const STORE_GRACE_MS = 2_000

interface Entry {
  resource: SyncResource
  /** Synced at least once by this process. */
  synced: boolean
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
      this.#entries.set(key, { resource, synced: false, reported: false, waitedForStore: false, changedMs: undefined })
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

  /** Something that resources of these namespaces refer to has changed: a store, a credential. All when not given. */
  storesChanged(uses?: (resource: SyncResource) => boolean): void {
    for (const [key, { resource }] of this.#entries) {
      if (uses === undefined || uses(resource)) this.#queue.add(key, PRIORITY.changed)
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
      if (!entry || (quiet && entry.synced && readyOf(entry.resource) === 'True')) continue
      if (change === 'value') entry.changedMs ??= now
      this.#queue.add(key, change === 'value' ? PRIORITY.changed : PRIORITY.routine)
    }
  }

  #onTargetChange({ target, ownerNames }: TargetChange): void {
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
    const { resource, changedMs } = entry
    try {
      const outcome = await this.#sync(key, resource, signal)
      if (!entry.waitedForStore && onlyLacksStore(outcome)) {
        // A resource and its store are often applied together, in any order: not worth a warning.
        entry.waitedForStore = true
        this.#queue.addAfter(key, STORE_GRACE_MS, PRIORITY.first)
        return
      }
      await this.#report(entry, resource, outcome, signal)
      entry.synced = true
      if (outcome.kind === 'synced') {
        if (outcome.corrected) this.#drift.corrected(key)
        if (changedMs !== undefined && outcome.action === 'patch')
          observer?.changeWritten?.(clock.monotonic() - changedMs)
      }
      if (outcome.kind === 'refused' && TARGET_CODES.has(outcome.error.code)) {
        this.#queue.addAfter(key, TARGET_RECHECK_MS, PRIORITY.routine)
      }
      if (entry.changedMs === changedMs) entry.changedMs = undefined
      observer?.synced?.(key, outcome, clock.monotonic() - startedMs)
    } finally {
      this.#pool.consumed(key)
    }
  }

  async #sync(key: ResourceKey, resource: SyncResource, signal: AbortSignal): Promise<SyncOutcome> {
    const { writer, digester, resolveStore, defaults } = this.#options
    if (!resource.spec.ok)
      return this.#untouched(key, { kind: 'refused', error: resource.spec.error, target: undefined })
    const spec = resource.spec.value
    if (spec.suspend) return this.#untouched(key, { kind: 'suspended' })
    try {
      const plan = compile(spec, resource.namespace, resolveStore, defaults)
      this.#pool.subscribe(key, plan.reads, plan.intervalMs)
      const readings = await this.#pool.values(key, plan.reads, { signal })
      const target = targetOf(resource, spec)
      const missing = resource.status?.target?.name === target.name
      const outcome = await syncResource({ resource, spec, plan, readings, writer, digester, signal, missing })
      await this.#releaseFormer(resource, spec, outcome, signal)
      return outcome
    } catch (error) {
      if (!isSecretSyncError(error) || retryOf(error.code) === 'transient') throw error
      return this.#untouched(key, { kind: 'refused', error, target: undefined })
    }
  }

  /** Nothing is read for a resource that may not be synced, and what it has stays. */
  #untouched(key: ResourceKey, outcome: SyncOutcome): SyncOutcome {
    this.#pool.unsubscribe(key)
    return outcome
  }

  async #report(entry: Entry, resource: SyncResource, outcome: SyncOutcome, signal: AbortSignal): Promise<void> {
    const { reporter, clock } = this.#options
    const old = resource.status
    const status = report(outcome, resource.generation, old, clock.now())
    const event = eventOf(outcome, old)
    if (event) reporter.recordEvent(resource, event)
    if (!status) return
    await reporter.writeStatus(resource, status, { signal })
    if (entry.resource.uid !== resource.uid) return
    entry.reported = true
    entry.resource = { ...entry.resource, status }
  }

  /** After a change of `target.name` the former target is treated as if its resource had gone. */
  async #releaseFormer(
    resource: SyncResource,
    spec: ExternalSecretSpec,
    outcome: SyncOutcome,
    signal: AbortSignal,
  ): Promise<void> {
    if (outcome.kind !== 'synced' || outcome.target.uid === undefined) return
    const former = this.#options.writer
      .heldBy(resource.namespace, resource.name)
      .filter(({ target }) => target.name !== targetOf(resource, spec).name)
    await this.#release(former, resource.name, signal)
  }

  async #forget(key: ResourceKey, signal: AbortSignal): Promise<void> {
    this.#pool.unsubscribe(key)
    this.#drift.forget(key)
    const [namespace = '', name = ''] = key.split('/')
    await this.#release(this.#options.writer.heldBy(namespace, name), name, signal, 'gone')
  }

  async #release(
    targets: readonly ObservedSecret[],
    ownerName: string,
    signal: AbortSignal,
    resource: 'gone' | 'moved' = 'moved',
  ): Promise<void> {
    const { writer } = this.#options
    for (const observed of targets) {
      for (const action of releasesFor(observed, ownerName, resource)) await writer.apply(action, { signal })
    }
  }
}

/** Status of the Ready condition as last written. */
function readyOf(resource: SyncResource): 'True' | 'False' | 'Unknown' {
  return resource.status?.conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'
}

function onlyLacksStore(outcome: SyncOutcome): boolean {
  return (
    outcome.kind === 'synced' &&
    outcome.action === 'wait' &&
    outcome.failures.every(({ error }) => error.code === 'StoreNotFound')
  )
}
