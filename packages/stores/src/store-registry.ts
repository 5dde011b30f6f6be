import { type CallerIdentity, parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { type CredentialProvider, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { EndpointAllowList } from './endpoint-allow-list.ts'
import { CallerIdentities } from './internal/caller-identities.ts'
import { ConnectionPool } from './internal/connection-pool.ts'
import { connect } from './internal/connection-target.ts'
import { isUndecided } from './internal/credential-reader.ts'
import { DefaultEndpoints } from './internal/default-endpoints.ts'
import { IdentityBuilder } from './internal/identity-builder.ts'
import { type Doubt, doubtOf, proveCredential } from './internal/prove.ts'
import { reachInstance } from './internal/reach-instance.ts'
import { StoreAccess } from './internal/store-access.ts'
import { StoreBuilder } from './internal/store-builder.ts'
import { StoreEntry } from './internal/store-entry.ts'
import { TokenPaths } from './internal/token-paths.ts'
import { DEFAULT_TOKEN_FILE, OWN_IDENTITY_HINT } from './own-identity.ts'
import { type NamespacedName, ramAuthOf, storeLabel, type StoreResource } from './store-references.ts'
import type { StoreQuery, StoreRegistryOptions, StoreResolution, StoreState } from './store-types.ts'

/**
 * From SecretStores and ClusterSecretStores to connections. Knows every store that it was told of, its credentials and
 * whether they are good; identities and connections are shared by all stores that lead to the same endpoint with the
 * same proven identity. Wherever a store is named by namespace and name, an empty namespace means a ClusterSecretStore.
 */
export class StoreRegistry {
  readonly #options: StoreRegistryOptions
  readonly #pool: ConnectionPool
  readonly #builder: StoreBuilder
  readonly #callers: CallerIdentities
  readonly #entries = new Map<string, StoreEntry>()
  /** What is read without a store. */
  readonly #own: { readonly kms: StoreAccess | SecretSyncError; readonly oos: StoreAccess | SecretSyncError }
  #closed = false

  /** @throws SecretSyncError `InvalidSpec` for a malformed default, pattern or path */
  constructor(options: StoreRegistryOptions) {
    const { defaults, allowEndpoints = [], backendFactory = connect } = options
    this.#options = options
    const endpoints = new DefaultEndpoints(defaults)
    const allowList = new EndpointAllowList([...allowEndpoints, ...endpoints.all])
    const sts = {
      region: defaults.region,
      ...(defaults.stsEndpoint === undefined
        ? {}
        : { stsEndpoint: parseEndpoint(defaults.stsEndpoint, { field: '--sts-endpoint' }) }),
    }
    this.#pool = new ConnectionPool(backendFactory)
    this.#callers = new CallerIdentities(sts)
    const identities = new IdentityBuilder({
      pool: this.#pool,
      sts,
      metadataEndpoint: defaults.metadataEndpoint,
      enableWorkerRole: options.enableWorkerRole === true,
      ownIdentity: (who) => this.#ownIdentity(who),
      oidcProviderArn: defaults.oidcProviderArn,
      tokenFile: defaults.tokenFile ?? DEFAULT_TOKEN_FILE,
      tokenPaths: new TokenPaths(options.allowTokenPaths),
      readSecretKey: options.readSecretKey,
      readServiceAccount: options.readServiceAccount,
      requestToken: options.requestToken,
      onRefresh: options.onRefresh,
    })
    this.#builder = new StoreBuilder({
      pool: this.#pool,
      allowList,
      endpoints,
      identities,
      readSecretKey: options.readSecretKey,
      resolvePlugin: options.resolvePlugin,
      clusterPluginsOnly: options.clusterPluginsOnly === true,
      enableCrossNamespaceAuthRef: options.enableCrossNamespaceAuthRef === true,
    })
    const own = (provider: 'kms' | 'oos'): StoreAccess | SecretSyncError =>
      attempt(() => this.#builder.own(provider, this.#ownIdentity('An entry without secretStoreRef')))
    this.#own = { kms: own('kms'), oos: own('oos') }
  }

  /**
   * Adds or replaces a store, looks its credentials up and asks for one. Level-triggered: call it again whenever the
   * store, or a Secret or ServiceAccount that it refers to, has changed, and from time to time for one that is not ready.
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
    entry.note(store, {
      labelsOf: this.#options.namespaceLabels ?? (() => undefined),
      allowOtherNamespaces: this.#options.enableCrossNamespaceAuthRef === true,
    })
    let way: StoreAccess | SecretSyncError
    let error: SecretSyncError | undefined
    try {
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
  }

  /** What a reference leads to now. Asks nobody. */
  resolve({ namespace, ref, kmsEndpoint, secret, provider }: StoreQuery): StoreResolution {
    try {
      if (this.#closed) throw new SecretSyncError('Cancelled', 'the registry of stores is closed')
      const way = ref === undefined ? this.#ownWay(provider) : this.#lookUp(namespace, ref, secret)
      if (!(way instanceof StoreAccess)) return { kind: 'error', error: way }
      if (provider !== undefined && provider !== way.provider) {
        throw new SecretSyncError(
          'InvalidSpec',
          `spec.provider is ${provider}, but the store ${ref?.name ?? ''} is one of ${way.provider}`,
        )
      }
      return { kind: 'ready', connection: way.connection(kmsEndpoint) }
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return { kind: 'error', error }
    }
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

  /**
   * Who a ready store reads as, by STS GetCallerIdentity: once for each identity, five seconds at most. Undefined where
   * STS does not tell, and for stores without a RAM identity.
   */
  async callerIdentity(
    namespace: string,
    name: string,
    { signal }: { signal: AbortSignal },
  ): Promise<CallerIdentity | undefined> {
    const way = this.#entries.get(`${namespace}/${name}`)?.way
    const provider = way instanceof StoreAccess ? way.ramProvider : undefined
    return provider === undefined || this.#closed ? undefined : this.#callers.ask(provider, signal)
  }

  /** Secrets that hold credentials of stores, present or not, each once: what to watch. */
  credentialRefs(): NamespacedName[] {
    return [...new Set([...this.#entries.values()].flatMap(({ secrets }) => [...secrets]))].map(splitKey)
  }

  /** ServiceAccounts whose tokens stores use, present or not, each once: what to watch. */
  serviceAccountRefs(): NamespacedName[] {
    return [...new Set([...this.#entries.values()].flatMap(({ serviceAccounts }) => [...serviceAccounts]))].map(
      splitKey,
    )
  }

  /** Stores to upsert again when this Secret has changed. */
  storesUsingSecret(namespace: string, name: string): NamespacedName[] {
    return this.#storesWhere(({ secrets }) => secrets.has(`${namespace}/${name}`))
  }

  /** Stores to upsert again when this ServiceAccount has changed. */
  storesUsingServiceAccount(namespace: string, name: string): NamespacedName[] {
    return this.#storesWhere(({ serviceAccounts }) => serviceAccounts.has(`${namespace}/${name}`))
  }

  /** Stores that are ready to read as this identity: what to look at again when its credential cannot be renewed. */
  storesReadingAs(fingerprint: string): NamespacedName[] {
    return this.#storesWhere(
      ({ way }) => way instanceof StoreAccess && way.ramProvider?.identity.fingerprint === fingerprint,
    )
  }

  /** Forgets every store and closes every connection; reads under way fail with `Cancelled`. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const way of Object.values(this.#own)) if (way instanceof StoreAccess) way.release()
    for (const { key } of this.#entries.values()) this.remove(key.namespace, key.name)
    await this.#callers.close()
    await this.#pool.close()
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

  #lookUp(
    namespace: string,
    ref: NonNullable<StoreQuery['ref']>,
    secret: string | undefined,
  ): StoreAccess | SecretSyncError {
    const isCluster = ref.kind === 'ClusterSecretStore'
    const home = isCluster ? '' : ref.namespace || namespace
    const label = storeLabel(home, ref.name)
    if (!isCluster && home !== namespace && this.#options.enableCrossNamespaceSecretStore !== true) {
      throw new SecretSyncError(
        'CrossNamespaceRefused',
        `${label} is in another namespace than ${namespace}, which needs --enable-cross-namespace-secret-store`,
      )
    }
    const entry = this.#entries.get(`${home}/${ref.name}`)
    if (entry === undefined) throw new SecretSyncError('StoreNotFound', `${label} does not exist`)
    // First: what is wrong with a store is nothing for those who may not use it.
    entry.admission.check(namespace, secret)
    return entry.way
  }

  #ownWay(provider: StoreQuery['provider']): StoreAccess | SecretSyncError {
    if (provider !== 'plugin') return this.#own[provider ?? 'kms']
    throw new SecretSyncError('InvalidSpec', 'secretStoreRef: required with provider plugin')
  }

  async #wayInto(
    store: StoreResource,
    signal: AbortSignal,
  ): Promise<{ way: StoreAccess | SecretSyncError; error: SecretSyncError | undefined }> {
    const way = await this.#builder.build(store, signal)
    try {
      const doubt = await this.#doubt(way, store, signal)
      if (doubt === undefined || doubt.mayPass) return { way, error: doubt?.error }
      way.release()
      return { way: doubt.error, error: undefined }
    } catch (error) {
      way.release()
      throw error
    }
  }

  /** What is in the way of reading, as far as can be seen without reading. */
  async #doubt(
    { ramProvider, instance }: StoreAccess,
    { metadata, spec }: StoreResource,
    signal: AbortSignal,
  ): Promise<Doubt | undefined> {
    const whose = { label: storeLabel(metadata.namespace, metadata.name), signal }
    const field = ramAuthOf(spec)?.field ?? 'spec'
    const doubt = ramProvider && (await doubtOf((until) => proveCredential(ramProvider, until), { ...whose, field }))
    // Backends of the caller's own may reach instances in ways of their own.
    if (doubt !== undefined || instance === undefined || this.#options.backendFactory !== undefined) return doubt
    const place = spec.KMS?.dedicatedKMSAuth === undefined ? 'spec.KMS.endpoint' : 'spec.KMS.dedicatedKMSAuth'
    return doubtOf((until) => reachInstance(instance, until), { ...whose, field: place })
  }

  #ownIdentity(who: string): CredentialProvider {
    const { identity } = this.#options.defaults
    if (identity !== undefined) return identity
    throw new SecretSyncError(
      'Unauthenticated',
      `${who} is read with the operator's own identity, and none is configured: ${OWN_IDENTITY_HINT}, or use a store that says as whom`,
    )
  }

  #stateOf(way: StoreAccess | SecretSyncError): StoreState {
    if (!(way instanceof StoreAccess)) return { ready: false, error: way }
    const { identity, place: endpoint, expiresAtMs, warnings, ramProvider } = way
    const caller = ramProvider === undefined ? undefined : this.#callers.get(ramProvider)
    return {
      ready: true,
      identity,
      endpoint,
      ...(caller === undefined ? {} : { caller }),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(warnings.length === 0 ? {} : { warnings }),
    }
  }

  #storesWhere(uses: (entry: StoreEntry) => boolean): NamespacedName[] {
    return [...this.#entries.values()].filter(uses).map(({ key }) => key)
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

function splitKey(key: string): NamespacedName {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
