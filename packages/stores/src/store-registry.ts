import { type CredentialRefresh, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { isUndecided } from './internal/credentials/credential-reader.ts'
import { type RegistryParts, registryParts } from './internal/registry-parts.ts'
import { readsOf } from './internal/admission/secret-shares.ts'
import { StoreAccess } from './internal/clients/store-client.ts'
import { type CredentialSources, NO_SOURCES, StoreEntry } from './internal/store-entry.ts'
import { homeOf, type NamespacedName, storeLabel, type StoreResource } from './store-references.ts'
import type {
  ResourceDemand,
  StoreDoubt,
  StoreQuery,
  StoreRegistryOptions,
  StoreResolution,
  StoreState,
} from './store-types.ts'

type Way = StoreAccess | SecretSyncError

/**
 * From SecretStores and ClusterSecretStores to connections. Knows every store that it was told of, its credentials and
 * whether they are good; identities and connections are shared by all stores that lead to the same endpoint with the
 * same proven identity. Wherever a store is named by namespace and name, an empty namespace means a ClusterSecretStore.
 */
export class StoreRegistry {
  readonly #options: StoreRegistryOptions
  readonly #parts: RegistryParts
  readonly #entries = new Map<string, StoreEntry>()
  /** What is read without a store. */
  readonly #own: { readonly kms: Way; readonly oos: Way }
  #closed = false

  /** @throws SecretSyncError `InvalidSpec` for a malformed default, pattern or path */
  constructor(options: StoreRegistryOptions) {
    this.#options = options
    this.#parts = registryParts(options, {
      onStanding: (target, standing) => this.#doubt(({ key }) => key === target, standing),
      onRefresh: (refresh) => {
        options.onRefresh?.(refresh)
        this.refreshed(refresh)
      },
    })
    const { builder, lending } = this.#parts
    const own = (provider: 'kms' | 'oos'): Way =>
      attempt(() => builder.own(provider, lending.identity('An entry without secretStoreRef')))
    this.#own = { kms: own('kms'), oos: own('oos') }
  }

  /**
   * Adds or replaces a store, looks its credentials up and asks for one. Level-triggered: call it again whenever the
   * store, or a source of its credential ({@link sourcesOf}), has changed, and from time to time for one that is not ready.
   * @throws SecretSyncError `Unavailable` | `Timeout` | `Cancelled` … when nobody can tell what the credentials are just
   * now: call again later. A store that was ready and has not changed stays so.
   */
  async upsert(store: StoreResource, { signal }: { signal: AbortSignal }): Promise<StoreState> {
    const { namespace, name } = store.metadata
    const label = storeLabel(namespace, name)
    if (this.#closed) throw new SecretSyncError('Cancelled', `${label}: the registry is closed`)
    const entry = this.#entry(namespace, name)
    const turn = (entry.turn += 1)
    const spec = JSON.stringify(store.spec)
    let way: Way
    let error: SecretSyncError | undefined
    try {
      entry.note(store, this.#parts.entryContext)
      ;({ way, error } = await this.#wayInto(store, signal))
    } catch (thrown) {
      if (!isSecretSyncError(thrown)) throw thrown
      if (isUndecided(thrown.code)) {
        if (turn === entry.turn && spec !== entry.spec) entry.replace(spec, thrown)
        throw thrown
      }
      way = thrown
    }
    if (turn === entry.turn && !this.#closed) entry.replace(spec, way)
    else if (way instanceof StoreAccess) way.release()
    return error === undefined ? this.#stateOf(way) : { ready: false, error }
  }

  /** Knows a store whose spec is invalid: whoever names it is told why. Reads under way are finished. */
  refuse(namespace: string, name: string, error: SecretSyncError): void {
    if (this.#closed) return
    const entry = this.#entry(namespace, name)
    entry.turn += 1
    entry.refuse(error)
  }

  /** Forgets a store. Reads under way are finished. */
  remove(namespace: string, name: string): void {
    const entry = this.#entries.get(`${namespace}/${name}`)
    if (entry === undefined) return
    entry.turn += 1
    if (entry.way instanceof StoreAccess) entry.way.release()
    this.#entries.delete(`${namespace}/${name}`)
    this.#parts.shares.forget(storeLabel(namespace, name))
  }

  /** What a reference leads to now. Asks nobody. */
  resolve(query: StoreQuery): StoreResolution {
    const { namespace, ref, kmsEndpoint, provider } = query
    try {
      if (this.#closed) throw new SecretSyncError('Cancelled', 'the registry of stores is closed')
      const way = ref === undefined ? this.#ownWay(query) : this.#lookUp(ref, query)
      if (!(way instanceof StoreAccess)) return { kind: 'error', error: way }
      if (provider !== undefined && provider !== way.provider) {
        throw new SecretSyncError(
          'InvalidSpec',
          `spec.provider is ${provider}, but the store ${ref?.name ?? ''} is one of ${way.provider}`,
        )
      }
      const connection = kmsEndpoint === undefined ? way.connection() : way.connectionAt(kmsEndpoint, namespace)
      const limit = ref && this.#limitOf(ref, namespace)
      return { kind: 'ready', connection, ...(limit === undefined ? {} : { limit }) }
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return { kind: 'error', error }
    }
  }

  /**
   * A resource reads through these connections, given by their keys, and through no others. Endpoints that its namespace
   * named beside those of stores, and through which nobody there reads any more, are let go.
   */
  reads(resource: NamespacedName, connections: ReadonlySet<string>): void {
    if (!this.#closed) this.#parts.extraEndpoints.reads(resource, connections)
  }

  /** A resource appeared or changed, or is gone: then it reads nothing. Called for all resources, because `maxSecretsPerNamespace` counts them. */
  demand(demand: ResourceDemand): void {
    if (!this.#closed) this.#parts.shares.set({ ...demand, secrets: readsOf(demand) })
  }

  /** A refresh has ended. Only of `defaults.identity` somebody else has to tell. */
  refreshed({ fingerprint, result }: Pick<CredentialRefresh, 'fingerprint' | 'result'>): void {
    if (result === 'ok' || result === 'Cancelled') return
    this.#doubt(({ ramProvider }) => ramProvider?.identity.fingerprint === fingerprint, 'unrenewed')
  }

  /**
   * What a store leads to and whom it admits, as one text: resources need to look at it again when it changes.
   * Undefined for a store that is not known.
   */
  leadsTo(namespace: string, name: string): string | undefined {
    const entry = this.#entries.get(`${namespace}/${name}`)
    if (entry === undefined) return undefined
    const { way, spec } = entry
    return JSON.stringify([spec, way instanceof StoreAccess ? way.key : [way.code, way.message]])
  }

  /** Key of the connection that a store gives at its own endpoint; endpoints that entries name instead tell nothing about it. */
  connectionOf(namespace: string, name: string): string | undefined {
    const way = this.#entries.get(`${namespace}/${name}`)?.way
    return way instanceof StoreAccess ? way.ownConnection : undefined
  }

  /** The stores that give the connection with this key at their own endpoint. */
  storesAt(connection: string): readonly NamespacedName[] {
    return [...this.#entries.values()]
      .filter(({ way }) => way instanceof StoreAccess && way.ownConnection === connection)
      .map(({ key }) => key)
  }

  /** What a store takes its credential from; nothing for a store that is not known. */
  sourcesOf(namespace: string, name: string): CredentialSources {
    return this.#entries.get(`${namespace}/${name}`)?.sources ?? NO_SOURCES
  }

  /** Forgets every store and closes every connection; reads under way fail with `Cancelled`. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const way of Object.values(this.#own)) if (way instanceof StoreAccess) way.release()
    for (const { key } of this.#entries.values()) this.remove(key.namespace, key.name)
    this.#parts.clientKeys.close()
    await this.#parts.callers?.close()
    await this.#parts.pool.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #entry(namespace: string, name: string): StoreEntry {
    const key = `${namespace}/${name}`
    const entry = this.#entries.get(key) ?? new StoreEntry({ namespace, name })
    this.#entries.set(key, entry)
    return entry
  }

  #lookUp(ref: NonNullable<StoreQuery['ref']>, query: StoreQuery): Way {
    const { namespace } = query
    const home = homeOf(ref, namespace)
    const label = storeLabel(home, ref.name)
    if (home !== '' && home !== namespace && this.#options.enableCrossNamespaceSecretStore !== true) {
      throw new SecretSyncError(
        'CrossNamespaceRefused',
        `${label} is in another namespace than ${namespace}, which needs --enable-cross-namespace-secret-store`,
      )
    }
    const entry = this.#entries.get(`${home}/${ref.name}`)
    if (entry === undefined) throw new SecretSyncError('StoreNotFound', `${label} does not exist`)
    // First: what is wrong with a store is nothing for those who may not use it.
    entry.admit(query)
    const { maxSecretsPerNamespace: max } = entry.limits
    if (max !== undefined && query.secret !== undefined) this.#parts.shares.check(label, namespace, query.secret, max)
    return entry.way
  }

  #limitOf(
    ref: NonNullable<StoreQuery['ref']>,
    namespace: string,
  ): { readonly store: string; readonly maxReadsPerSecond: number } | undefined {
    const home = homeOf(ref, namespace)
    const maxReadsPerSecond = this.#entries.get(`${home}/${ref.name}`)?.limits.maxReadsPerSecond
    return maxReadsPerSecond === undefined ? undefined : { store: storeLabel(home, ref.name), maxReadsPerSecond }
  }

  #ownWay({ namespace, provider }: StoreQuery): Way {
    if (provider === 'plugin') throw new SecretSyncError('InvalidSpec', 'secretStoreRef: required with provider plugin')
    this.#parts.lending.check(namespace, 'an entry without secretStoreRef', 'secretStoreRef')
    return this.#own[provider ?? 'kms']
  }

  async #wayInto(store: StoreResource, signal: AbortSignal): Promise<{ way: Way; error: SecretSyncError | undefined }> {
    const { builder, prover } = this.#parts
    const way = await builder.build(store, signal)
    try {
      const doubt = await prover.doubt(way, store, signal)
      if (doubt === undefined || doubt.mayPass) return { way, error: doubt?.error }
      way.release()
      return { way: doubt.error, error: undefined }
    } catch (error) {
      way.release()
      throw error
    }
  }

  #stateOf(way: Way): StoreState {
    if (!(way instanceof StoreAccess)) return { ready: false, error: way }
    const { identity, place: endpoint, expiresAtMs, warnings, ramProvider } = way
    const { callers } = this.#parts
    const caller = ramProvider && callers?.get(ramProvider)
    return {
      ready: true,
      identity,
      endpoint,
      ...(caller === undefined ? {} : { caller }),
      ...(ramProvider !== undefined && callers !== undefined && caller === undefined
        ? { unproven: true as const }
        : {}),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(warnings.length === 0 ? {} : { warnings }),
    }
  }

  /** Tells which stores with such a way in are to be looked at again, and why. */
  #doubt(concerns: (way: StoreAccess) => boolean, why: StoreDoubt): void {
    const { onDoubt } = this.#options
    if (onDoubt === undefined || this.#closed) return
    const stores = [...this.#entries.values()].filter(({ way }) => way instanceof StoreAccess && concerns(way))
    if (stores.length > 0)
      onDoubt(
        stores.map(({ key }) => key),
        why,
      )
  }
}

function attempt<T>(work: () => T): T | SecretSyncError {
  try {
    return work()
  } catch (error) {
    if (isSecretSyncError(error)) return error
    throw error
  }
}
