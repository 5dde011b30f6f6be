import { batch, type ReadonlySignal, signal } from '@preact/signals'
import type {
  AccessView,
  ClusterExternalSecretRow,
  ClusterView,
  Delta,
  OverviewView,
  PushSecretRow,
  ResourceRow,
  RowChanges,
  SessionView,
  Snapshot,
  StoreRow,
} from '../../model/views/index.ts'

/** Rows by their id. A change makes a new one; unchanged rows stay the same objects. */
export type Rows<Row> = ReadonlyMap<string, Row>

/** What the stream has sent so far. Everything is undefined or empty before the first snapshot. */
export class ClusterData {
  readonly #session = signal<SessionView | undefined>(undefined)
  readonly #cluster = signal<ClusterView | undefined>(undefined)
  readonly #access = signal<readonly AccessView[]>([])
  readonly #overview = signal<OverviewView | undefined>(undefined)
  readonly #resources = signal<Rows<ResourceRow>>(new Map())
  readonly #stores = signal<Rows<StoreRow>>(new Map())
  readonly #clusterExternalSecrets = signal<Rows<ClusterExternalSecretRow>>(new Map())
  readonly #pushSecrets = signal<Rows<PushSecretRow>>(new Map())
  readonly #touched = signal<ReadonlySet<string>>(new Set())

  get session(): ReadonlySignal<SessionView | undefined> {
    return this.#session
  }
  get cluster(): ReadonlySignal<ClusterView | undefined> {
    return this.#cluster
  }
  get access(): ReadonlySignal<readonly AccessView[]> {
    return this.#access
  }
  get overview(): ReadonlySignal<OverviewView | undefined> {
    return this.#overview
  }
  get resources(): ReadonlySignal<Rows<ResourceRow>> {
    return this.#resources
  }
  get stores(): ReadonlySignal<Rows<StoreRow>> {
    return this.#stores
  }
  get clusterExternalSecrets(): ReadonlySignal<Rows<ClusterExternalSecretRow>> {
    return this.#clusterExternalSecrets
  }
  get pushSecrets(): ReadonlySignal<Rows<PushSecretRow>> {
    return this.#pushSecrets
  }
  /** Ids of the details that the last event changed, with those of changed rows. */
  get touched(): ReadonlySignal<ReadonlySet<string>> {
    return this.#touched
  }

  replace(snapshot: Snapshot): void {
    // An open detail may have changed or gone while there was no connection.
    const before = this.#ids
    batch(() => {
      this.#session.value = snapshot.session
      this.#cluster.value = snapshot.cluster
      this.#access.value = snapshot.access
      this.#overview.value = snapshot.overview
      this.#resources.value = new Map(snapshot.resources.map((row) => [row.key, row]))
      this.#stores.value = new Map(snapshot.stores.map((row) => [row.id, row]))
      this.#clusterExternalSecrets.value = new Map(snapshot.clusterExternalSecrets.map((row) => [row.name, row]))
      this.#pushSecrets.value = new Map(snapshot.pushSecrets.map((row) => [row.id, row]))
      this.#touched.value = new Set([...before, ...this.#ids])
    })
  }

  get #ids(): readonly string[] {
    return [this.#resources, this.#stores, this.#pushSecrets].flatMap((rows) => [...rows.peek().keys()])
  }

  apply(delta: Delta): void {
    batch(() => {
      if (delta.cluster !== undefined) this.#cluster.value = delta.cluster
      if (delta.access !== undefined) this.#access.value = delta.access
      if (delta.overview !== undefined) this.#overview.value = delta.overview
      if (delta.resources) this.#resources.value = changed(this.#resources.value, delta.resources, ({ key }) => key)
      if (delta.stores) this.#stores.value = changed(this.#stores.value, delta.stores, ({ id }) => id)
      if (delta.clusterExternalSecrets)
        this.#clusterExternalSecrets.value = changed(
          this.#clusterExternalSecrets.value,
          delta.clusterExternalSecrets,
          ({ name }) => name,
        )
      if (delta.pushSecrets)
        this.#pushSecrets.value = changed(this.#pushSecrets.value, delta.pushSecrets, ({ id }) => id)
      this.#touched.value = new Set([
        ...(delta.touched ?? []),
        ...(delta.resources?.set.map(({ key }) => key) ?? []),
        ...(delta.resources?.removed ?? []),
        ...(delta.stores?.set.map(({ id }) => id) ?? []),
        ...(delta.stores?.removed ?? []),
        ...(delta.pushSecrets?.set.map(({ id }) => id) ?? []),
        ...(delta.pushSecrets?.removed ?? []),
      ])
    })
  }
}

function changed<Row>(rows: Rows<Row>, { set, removed }: RowChanges<Row>, idOf: (row: Row) => string): Rows<Row> {
  const next = new Map(rows)
  for (const id of removed) next.delete(id)
  for (const row of set) next.set(idOf(row), row)
  return next
}
