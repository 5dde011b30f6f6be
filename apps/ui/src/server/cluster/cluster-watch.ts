import { type Clock, defined, sleep } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { type LiveExternalSecret, type OperatorState } from '@ack-secret-manager/resource-view'
import { isDeepStrictEqual } from 'node:util'
import { rowChanges } from '../../model/row-changes.ts'
import { touchedPushSecrets, touchedResources } from '../../model/touched.ts'
import type { PushSecretObject } from '../../model/push-secret/push-secret-object.ts'
import type { PushSecretRow } from '../../model/views/push-secret.ts'
import type { ResourceRow } from '../../model/views/resource-row.ts'
import type { Delta, SessionView, Snapshot } from '../../model/views/wire.ts'
import { snapshotParts } from '../stream/snapshot-parts.ts'
import { DeltaLog } from '../stream/delta-log.ts'
import { ApiProbe } from './api-probe.ts'
import { buildViews, operatorStateNow, type Views } from './build-views.ts'
import { type Collections, openCollections } from './collections.ts'
import { KmsReader } from './kms-reader.ts'
import { OpenDetails } from './open-details.ts'

/** Shortest time between two deltas. */
const MIN_INTERVAL_MS = 200
/** A delta of a large cluster takes long to make: at most a fifth of the time goes into it. */
const IDLE_FACTOR = 4
const TICK_MS = 1_000
/** Ages that the server judges by, such as that of a Lease and the last hour. */
const REBUILD_MS = 10_000
/** More changed rows, such as those of the first list, are sent as a snapshot. */
const MAX_DELTA_ROWS = 2_000

/** Options of {@link ClusterWatch}. */
export interface ClusterWatchOptions {
  readonly client: KubeClient
  readonly session: SessionView
  readonly operatorNamespace: string | undefined
  readonly clock: Clock
}

/** Keeps what the pages show up to date, and writes each change into the log of the stream. */
export class ClusterWatch {
  readonly collections: Collections
  readonly log: DeltaLog
  readonly details: OpenDetails
  readonly probe: ApiProbe
  readonly #options: ClusterWatchOptions
  readonly #kms: KmsReader
  readonly #rows = new WeakMap<LiveExternalSecret, ResourceRow>()
  readonly #pushRows = new WeakMap<PushSecretObject, PushSecretRow>()
  readonly #startedAt: string
  readonly #stopping = new AbortController()
  /** Details that changed without their row since the last delta. */
  readonly #touched = new Set<string>()
  #views: Views
  #isDirty = false
  #builtAtMs: number
  #buildMs = 0
  #pages = 0
  #timer: { cancel(): void } | undefined
  #running: Promise<unknown> = Promise.resolve()

  constructor(options: ClusterWatchOptions) {
    const { client, session, operatorNamespace, clock } = options
    this.#options = options
    this.#startedAt = new Date(clock.now()).toISOString()
    const onChange = (): void => this.#onChange()
    this.collections = openCollections({ client, namespace: session.namespace, operatorNamespace, clock, onChange })
    this.#kms = new KmsReader({
      client,
      collections: this.collections,
      operatorState: () => this.operatorState,
      isWatched: () => this.#pages > 0,
      onChange,
      clock,
    })
    this.probe = new ApiProbe({
      client,
      clock,
      isWatched: () => this.#pages > 0,
      lastActivityMs: () => Math.max(...this.collections.all.map(({ lastActivityMs }) => lastActivityMs)),
      onChange,
    })
    this.details = new OpenDetails({
      client,
      clock,
      onChange: (id) => {
        this.#touched.add(id)
        if (this.details.isFailing(id)) this.probe.doubt()
        this.#onChange()
      },
    })
    this.#views = this.#build()
    this.#builtAtMs = clock.monotonic()
    this.log = new DeltaLog(() => snapshotParts(this.#snapshot()))
  }

  get operatorState(): OperatorState {
    return operatorStateNow(this.collections, this.#context)
  }

  start(): void {
    const { signal } = this.#stopping
    const running = [
      ...this.collections.all.map((each) => each.run(signal)),
      this.#kms.run(signal),
      this.probe.run(signal),
      this.#tick(signal),
    ]
    this.#running = Promise.all(running)
  }

  /** A page was opened; call the result when it is closed. */
  pageOpened(): () => void {
    this.#pages += 1
    this.#kms.wake()
    let isOpen = true
    return () => {
      if (isOpen) this.#pages -= 1
      isOpen = false
      if (this.#pages === 0) this.details.closeAll()
    }
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    this.#timer?.cancel()
    await Promise.all([this.#running, this.details.close()])
  }

  get #context() {
    const { clock, operatorNamespace } = this.#options
    return {
      startedAt: this.#startedAt,
      nowMs: clock.now(),
      health: this.probe.health,
      heardMs: this.probe.heardMs,
      operatorNamespace,
      kms: this.#kms.view,
      rows: this.#rows,
      pushRows: this.#pushRows,
    }
  }

  #onChange(): void {
    this.#isDirty = true
    if (this.#timer !== undefined || this.#stopping.signal.aborted) return
    const { clock } = this.#options
    const pauseMs = Math.max(MIN_INTERVAL_MS, this.#buildMs * IDLE_FACTOR)
    // Also after a long silence: the changes of one write arrive one after another.
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined
      this.#rebuild()
    }, pauseMs)
  }

  #rebuild(): void {
    const { clock } = this.#options
    const before = this.#views
    const startMs = clock.monotonic()
    this.#isDirty = false
    this.#views = this.#build()
    const delta = deltaOf(before, this.#views, { touched: this.#touched, now: new Date(clock.now()).toISOString() })
    this.#touched.clear()
    if (delta !== undefined && rowsIn(delta) > MAX_DELTA_ROWS) this.log.skip()
    else if (delta !== undefined) this.log.append(delta)
    this.#builtAtMs = clock.monotonic()
    this.#buildMs = this.#builtAtMs - startMs
  }

  #build(): Views {
    return buildViews(this.collections, this.#context)
  }

  #snapshot(): Snapshot {
    const { session, clock } = this.#options
    const { resources, stores, clusterExternalSecrets, pushSecrets, cluster, access, overview } = this.#views
    return {
      session,
      cluster,
      access,
      overview,
      resources: [...resources.values()],
      stores: [...stores.values()],
      clusterExternalSecrets: [...clusterExternalSecrets.values()],
      pushSecrets: [...pushSecrets.values()],
      now: new Date(clock.now()).toISOString(),
    }
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      for (const each of this.collections.all) each.tick()
      // A read without a page opens watches, too.
      if (this.#pages === 0) this.details.closeAll()
      this.details.tick()
      const isOld = clock.monotonic() - this.#builtAtMs >= REBUILD_MS
      if (isOld && !this.#isDirty && this.#pages > 0) this.#onChange()
      await sleep(TICK_MS, { clock, signal }).catch(() => undefined)
    }
  }
}

function rowsIn({ resources, stores, pushSecrets }: Delta): number {
  return (resources?.set.length ?? 0) + (stores?.set.length ?? 0) + (pushSecrets?.set.length ?? 0)
}

/**
 * What differs between two views; undefined if nothing does. Pure.
 * @param changes.touched ids of open details that changed
 */
export function deltaOf(
  before: Views,
  after: Views,
  { touched: open, now }: { readonly touched: ReadonlySet<string>; readonly now: string },
): Delta | undefined {
  const resources = rowChanges(before.resources, after.resources)
  const stores = rowChanges(before.stores, after.stores)
  const clusterExternalSecrets = rowChanges(before.clusterExternalSecrets, after.clusterExternalSecrets)
  const pushSecrets = rowChanges(before.pushSecrets, after.pushSecrets)
  const touched = [
    ...new Set([
      ...open,
      ...touchedResources(before.workloads, after.workloads, after.resources.values()),
      ...touchedPushSecrets(before.pushSecretObjects, after.pushSecretObjects, pushSecrets),
    ]),
  ]
  const changes = {
    ...(isDeepStrictEqual(before.cluster, after.cluster) ? {} : { cluster: after.cluster }),
    ...(isDeepStrictEqual(before.access, after.access) ? {} : { access: after.access }),
    ...(isDeepStrictEqual(before.overview, after.overview) ? {} : { overview: after.overview }),
    ...defined({ resources, stores, clusterExternalSecrets, pushSecrets }),
    ...(touched.length === 0 ? {} : { touched }),
  }
  return Object.keys(changes).length === 0 ? undefined : { ...changes, now }
}
