import {
  type CredentialRefresh,
  defined,
  isSecretSyncError,
  type ReadDemand,
  SecretSyncError,
  type StoreQuery,
  type StoreReadLimit,
  type StoreReference,
  type StoreResolution,
  systemClock,
} from '@ack-secret-manager/core'
import { TokenCache, type TokenIdentity } from '@ack-secret-manager/generator-token'
import { isInconclusive } from './internal/credentials/credential-reader.ts'
import { type RegistryParts, registryParts } from './internal/registry-parts.ts'
import { secretDemandOf } from './internal/admission/secret-shares.ts'
import { StoreClient } from './internal/clients/store-client.ts'
import { type CredentialSources, NO_SOURCES, StoreEntry } from './internal/store-entry.ts'
import { homeOf, type NamespacedName, storeLabel, type StoreResource } from './store-references.ts'
import type {
  PushQuery,
  PushTarget,
  RecheckReason,
  StoreRegistryOptions,
  StoreState,
  TokenQuery,
} from './store-types.ts'

type ClientOrError = StoreClient | SecretSyncError

/**
 * Resolves SecretStores and ClusterSecretStores to connections. Tracks the credentials of every store and validates them.
 * Stores with the same endpoint and the same identity share one connection. In every method an empty namespace means a
 * ClusterSecretStore.
 */
export class StoreRegistry {
  /** Tokens that resources share; closed with the registry. */
  readonly tokens: TokenCache
  readonly #options: StoreRegistryOptions
  readonly #parts: RegistryParts
  readonly #entries = new Map<string, StoreEntry>()
  /** Clients of entries without a store, by provider. */
  readonly #operatorClients: ReadonlyMap<string, ClientOrError>
  #closed = false
  #ended: Promise<void> | undefined

  /** @throws SecretSyncError `InvalidSpec` for a malformed default, pattern or path */
  constructor(options: StoreRegistryOptions) {
    this.#options = options
    this.tokens = new TokenCache(defined({ clock: options.clock, onCall: options.onTokenCall }))
    this.#parts = registryParts(options, {
      onCredentialState: (target, state) => this.#recheck(({ key }) => key === target, state),
      onRefresh: (refresh) => {
        options.onRefresh?.(refresh)
        this.refreshed(refresh)
      },
    })
    const { drivers, builder, identityPolicy } = this.#parts
    const operatorClient = (provider: string): ClientOrError =>
      attempt(() => builder.forOperator(provider, identityPolicy.identity('An entry without secretStoreRef')))
    this.#operatorClients = new Map(
      [...drivers.endpoints.keys()].map((provider) => [provider, operatorClient(provider)]),
    )
  }

  /**
   * Adds or replaces a store, reads its credentials and validates them. Level-triggered: call it again when the store or a
   * source of its credential ({@link sourcesOf}) changes, and periodically for a store that is not ready.
   * @throws SecretSyncError `Unavailable` | `Timeout` | `Cancelled` … when the credentials cannot be read at the moment: call
   * it again later. A store that was ready and has not changed stays ready, also for 30 s of lookups with the `httpStatus` 403.
   */
  async upsert(store: StoreResource, { signal }: { signal: AbortSignal }): Promise<StoreState> {
    const { namespace, name } = store.metadata
    const label = storeLabel(namespace, name)
    if (this.#closed) throw new SecretSyncError('Cancelled', `${label}: the registry is closed`)
    const entry = this.#entry(namespace, name)
    const generation = (entry.generation += 1)
    const spec = JSON.stringify(store.spec)
    let client: ClientOrError
    let error: SecretSyncError | undefined
    try {
      entry.observe(store, this.#parts.entryContext)
      ;({ client, error } = await this.#buildClient(store, signal))
    } catch (thrown) {
      if (!isSecretSyncError(thrown)) throw thrown
      const nowMs = (this.#options.clock ?? systemClock).monotonic()
      if (entry.isDeniedAtStartup(spec, thrown, nowMs) || isInconclusive(thrown.code)) {
        if (generation === entry.generation && spec !== entry.spec) entry.replace(spec, thrown)
        throw thrown
      }
      client = thrown
    }
    if (generation === entry.generation && !this.#closed) entry.replace(spec, client)
    else if (client instanceof StoreClient) client.release()
    return error === undefined ? this.#stateOf(client) : { ready: false, error }
  }

  /** Records a store with an invalid spec; {@link resolve} returns `error` for it. Active reads finish. */
  refuse(namespace: string, name: string, error: SecretSyncError): void {
    if (this.#closed) return
    const entry = this.#entry(namespace, name)
    entry.generation += 1
    entry.refuse(error)
  }

  /** Removes a store. Active reads finish. */
  remove(namespace: string, name: string): void {
    const entry = this.#entries.get(`${namespace}/${name}`)
    if (entry === undefined) return
    entry.generation += 1
    if (entry.client instanceof StoreClient) entry.client.release()
    this.#entries.delete(`${namespace}/${name}`)
    this.#parts.shares.forget(storeLabel(namespace, name))
  }

  /** The connection that a reference resolves to now. Makes no call. */
  resolve(query: StoreQuery): StoreResolution {
    const { namespace, ref, kmsEndpoint, provider } = query
    try {
      if (this.#closed) throw new SecretSyncError('Cancelled', 'the registry of stores is closed')
      const client = ref === undefined ? this.#operatorClient(query) : this.#lookUp(ref, query)
      if (!(client instanceof StoreClient)) return { kind: 'error', error: client }
      if (provider !== undefined && provider !== client.provider) {
        throw new SecretSyncError(
          'InvalidSpec',
          `spec.provider is ${provider}, but the provider of store ${ref?.name ?? ''} is ${client.provider}`,
        )
      }
      const connection = kmsEndpoint === undefined ? client.connection() : client.connectionAt(kmsEndpoint, namespace)
      const limit = ref && this.#limitOf(ref, namespace)
      return { kind: 'ready', connection, ...defined({ limit }) }
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return { kind: 'error', error }
    }
  }

  /**
   * Where to write a secret, if the owner of the store allows it. Makes no call.
   * @throws SecretSyncError as the `error` of {@link resolve}; `StoreNotAllowed` without an entry of `allowPush`
   */
  pushTarget(query: PushQuery): PushTarget {
    return this.#pushTarget(query, query.secret)
  }

  /**
   * The identity that gets a token, if the owner of the store allows it. Makes no call.
   * @throws SecretSyncError as the `error` of {@link resolve}; `StoreNotAllowed` without an entry of `allowTokens`
   */
  tokenIdentity({ namespace, ref, subject }: TokenQuery): TokenIdentity {
    if (this.#closed) throw new SecretSyncError('Cancelled', 'the registry of stores is closed')
    const entry = this.#admitting(ref, namespace)
    entry.checkTokenAdmission(namespace, subject)
    if (!(entry.client instanceof StoreClient)) throw entry.client
    const { region, network, stsEndpoint, registryEndpoint } = this.#options.defaults
    const registry = { region, registryEndpoint, network }
    return { ...entry.client.tokenIdentity(), registry, ...defined({ network, stsEndpoint }) }
  }

  /** The destination of writes through a store; undefined if the namespace can write no secret through it. Makes no call. */
  pushConnection(query: Omit<PushQuery, 'secret'>): Pick<PushTarget, 'endpoint' | 'quota'> | undefined {
    const target = attempt(() => this.#pushTarget(query, undefined))
    return isSecretSyncError(target) ? undefined : target
  }

  /**
   * Records the keys of all connections that a resource reads through. Frees the slots of endpoints that no resource of its
   * namespace reads through any more.
   */
  reads(resource: NamespacedName, connections: ReadonlySet<string>): void {
    if (!this.#closed) this.#parts.endpointQuota.reads(resource, connections)
  }

  /** Records the reads of a resource; none for a deleted one. Call it for all resources, because `maxSecretsPerNamespace` counts them. */
  demand(demand: ReadDemand): void {
    if (!this.#closed) this.#parts.shares.set(secretDemandOf(demand))
  }

  /** Reports a finished credential refresh. Call it for `defaults.identity` only; the registry reports those of its own providers. */
  refreshed({ fingerprint, result }: Pick<CredentialRefresh, 'fingerprint' | 'result'>): void {
    if (result === 'ok' || result === 'Cancelled') return
    this.#recheck(({ ramProvider }) => ramProvider?.identity.fingerprint === fingerprint, 'unrenewed')
  }

  /**
   * A text that changes when resources of the store must be reconciled: its connection, admission or error has changed.
   * Undefined for an unknown store.
   */
  leadsTo(namespace: string, name: string): string | undefined {
    const entry = this.#entries.get(`${namespace}/${name}`)
    if (entry === undefined) return undefined
    const { client, spec } = entry
    return JSON.stringify([spec, client instanceof StoreClient ? client.key : [client.code, client.message]])
  }

  /** Key of the connection at the store's own endpoint. */
  connectionOf(namespace: string, name: string): string | undefined {
    const client = this.#entries.get(`${namespace}/${name}`)?.client
    return client instanceof StoreClient ? client.ownConnection : undefined
  }

  /** The stores whose own endpoint uses the connection with this key. */
  storesAt(connection: string): readonly NamespacedName[] {
    return [...this.#entries.values()]
      .filter(({ client }) => client instanceof StoreClient && client.ownConnection === connection)
      .map(({ key }) => key)
  }

  /** The credential sources of a store to watch; none for an unknown store. */
  sourcesOf(namespace: string, name: string): CredentialSources {
    return this.#entries.get(`${namespace}/${name}`)?.sources ?? NO_SOURCES
  }

  /** Removes every store and closes every connection; active reads fail with `Cancelled`. */
  close(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #end(): Promise<void> {
    this.#closed = true
    this.tokens.close()
    for (const client of this.#operatorClients.values()) if (client instanceof StoreClient) client.release()
    for (const { key } of this.#entries.values()) this.remove(key.namespace, key.name)
    this.#parts.clientKeys.close()
    await this.#parts.callers?.close()
    await this.#parts.pool.close()
  }

  #pushTarget({ namespace, ref }: Omit<PushQuery, 'secret'>, secret: string | undefined): PushTarget {
    if (this.#closed) throw new SecretSyncError('Cancelled', 'the registry of stores is closed')
    const entry = this.#admitting(ref, namespace)
    entry.checkPushAdmission(namespace, secret)
    if (!(entry.client instanceof StoreClient)) throw entry.client
    return entry.client.pushTarget()
  }

  #entry(namespace: string, name: string): StoreEntry {
    const key = `${namespace}/${name}`
    const entry = this.#entries.get(key) ?? new StoreEntry({ namespace, name })
    this.#entries.set(key, entry)
    return entry
  }

  #lookUp(ref: StoreReference, query: StoreQuery): ClientOrError {
    const { namespace } = query
    const entry = this.#admitting(ref, namespace)
    // Before everything else: namespaces that may not use the store must not see its error.
    entry.checkAdmission(query)
    const { maxSecretsPerNamespace: max } = entry.limits
    const label = storeLabel(homeOf(ref, namespace), ref.name)
    const isRead = query.secret !== undefined && query.isForList !== true
    if (max !== undefined && isRead) this.#parts.shares.check(label, namespace, query.secret, max)
    return entry.client
  }

  /** Returns a store that the namespace may reference. @throws SecretSyncError `CrossNamespaceRefused` | `StoreNotFound` */
  #admitting(ref: StoreReference, namespace: string): StoreEntry {
    const home = homeOf(ref, namespace)
    const label = storeLabel(home, ref.name)
    if (home !== '' && home !== namespace && this.#options.enableCrossNamespaceSecretStore !== true) {
      throw new SecretSyncError(
        'CrossNamespaceRefused',
        `${label} is not in namespace ${namespace}; using it requires --enable-cross-namespace-secret-store`,
      )
    }
    const entry = this.#entries.get(`${home}/${ref.name}`)
    if (entry === undefined) throw new SecretSyncError('StoreNotFound', `${label} does not exist`)
    return entry
  }

  #limitOf(ref: StoreReference, namespace: string): StoreReadLimit | undefined {
    const home = homeOf(ref, namespace)
    const maxReadsPerSecond = this.#entries.get(`${home}/${ref.name}`)?.limits.maxReadsPerSecond
    if (maxReadsPerSecond === undefined) return undefined
    return { store: storeLabel(home, ref.name), isShared: home === '', maxReadsPerSecond }
  }

  #operatorClient({ namespace, provider = 'kms' }: StoreQuery): ClientOrError {
    const client = this.#operatorClients.get(provider)
    if (client === undefined) {
      throw new SecretSyncError('InvalidSpec', `secretStoreRef: required with provider ${provider}`)
    }
    this.#parts.identityPolicy.check(namespace, 'an entry without secretStoreRef', 'secretStoreRef')
    return client
  }

  async #buildClient(
    store: StoreResource,
    signal: AbortSignal,
  ): Promise<{ client: ClientOrError; error: SecretSyncError | undefined }> {
    const { builder, validator } = this.#parts
    const client = await builder.build(store, signal)
    try {
      const failure = await validator.validate(client, store, signal)
      if (failure === undefined || failure.isTransient) return { client, error: failure?.error }
      client.release()
      return { client: failure.error, error: undefined }
    } catch (error) {
      client.release()
      throw error
    }
  }

  #stateOf(client: ClientOrError): StoreState {
    if (!(client instanceof StoreClient)) return { ready: false, error: client }
    const { identity, endpoint, expiresAtMs, tlsWarning, ramProvider } = client
    const { callers } = this.#parts
    const caller = ramProvider && callers?.get(ramProvider)
    const unverified = ramProvider && callers && !caller ? true : undefined
    return { ready: true, identity, endpoint, ...defined({ caller, unverified, expiresAtMs, tlsWarning }) }
  }

  /** Requests a recheck of the stores whose client matches. */
  #recheck(matches: (client: StoreClient) => boolean, reason: RecheckReason): void {
    const { onRecheck } = this.#options
    if (onRecheck === undefined || this.#closed) return
    const entries = [...this.#entries.values()]
    const found = entries.filter(({ client }) => client instanceof StoreClient && matches(client))
    const stores = found.map(({ key }) => key)
    if (stores.length > 0) onRecheck(stores, reason)
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
