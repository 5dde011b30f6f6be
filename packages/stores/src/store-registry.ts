import { defaultKmsEndpoint, kmsEndpointConnection, parseKmsEndpoint } from '@ack-secret-manager/backend-kms-endpoint'
import { type CredentialProvider, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import type { KmsStore, SecretStoreResource } from '@ack-secret-manager/resources'
import { EndpointAllowList } from './endpoint-allow-list.ts'
import { ConnectionPool } from './internal/connection-pool.ts'
import { StoreAccess } from './internal/store-access.ts'
import { OWN_IDENTITY_HINT } from './own-identity.ts'
import { accessKeyOf, credentialKeysOf, isUndecided } from './store-credentials.ts'
import type { NamespacedName, StoreQuery, StoreRegistryOptions, StoreResolution, StoreState } from './store-types.ts'

interface Entry {
  readonly key: NamespacedName
  /** To see whether a store is still what its access was made for. */
  spec: string
  /** Secrets that hold its credentials, as `namespace/name`. */
  credentials: ReadonlySet<string>
  way: StoreAccess | SecretSyncError
  /** Counts upserts: only the latest may say how the store is. */
  turn: number
}

/**
 * From SecretStores to connections. Knows every store that it was told of, its credentials and whether they are good;
 * connections are shared by all stores that lead to the same endpoint with the same proven identity.
 */
export class StoreRegistry {
  readonly #options: StoreRegistryOptions
  readonly #allowList: EndpointAllowList
  readonly #pool: ConnectionPool
  readonly #entries = new Map<string, Entry>()
  readonly #own: StoreAccess | SecretSyncError
  readonly #defaultEndpoint: string
  #closed = false

  /** @throws SecretSyncError `InvalidSpec` for a malformed default or pattern */
  constructor(options: StoreRegistryOptions) {
    const { defaults, allowEndpoints = [], backendFactory = kmsEndpointConnection } = options
    this.#options = options
    this.#defaultEndpoint = parseKmsEndpoint(defaults.endpoint ?? defaultKmsEndpoint(defaults.region))
    this.#allowList = new EndpointAllowList([...allowEndpoints, this.#defaultEndpoint])
    this.#pool = new ConnectionPool(backendFactory)
    this.#own = attempt(() =>
      this.#access({}, this.#ownIdentity('An entry without secretStoreRef'), 'the default endpoint'),
    )
  }

  /**
   * Adds or replaces a store and looks its credentials up. Level-triggered: call it again whenever the store or a Secret
   * that it refers to has changed.
   * @throws SecretSyncError `Unavailable` | `Timeout` | `Cancelled` … when nobody can tell what the credentials are just
   * now: call again later. A store that was ready and has not changed stays so.
   */
  async upsert(store: SecretStoreResource, { signal }: { signal: AbortSignal }): Promise<StoreState> {
    const { namespace, name } = store.metadata
    const label = `SecretStore ${namespace}/${name}`
    if (this.#closed) throw new SecretSyncError('Cancelled', `${label}: the registry is closed`)
    const entry = this.#entry(namespace, name, label)
    const turn = (entry.turn += 1)
    const spec = JSON.stringify(store.spec)
    entry.credentials = this.#credentialsOf(store.spec.KMS, namespace)
    let way: StoreAccess | SecretSyncError
    try {
      way = await this.#wayTo(store.spec.KMS, namespace, label, signal)
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      if (isUndecided(error.code)) {
        if (turn === entry.turn && spec !== entry.spec) replace(entry, spec, error)
        throw error
      }
      way = error
    }
    if (turn === entry.turn) replace(entry, spec, way)
    else if (way instanceof StoreAccess) way.release()
    return stateOf(way)
  }

  /** Knows a store whose spec is invalid: whoever names it is told why. Reads under way are finished. */
  refuse(namespace: string, name: string, error: SecretSyncError): void {
    if (this.#closed) return
    const entry = this.#entry(namespace, name, `SecretStore ${namespace}/${name}`)
    entry.turn += 1
    entry.credentials = new Set()
    replace(entry, '', error)
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
  resolve({ namespace, ref, kmsEndpoint }: StoreQuery): StoreResolution {
    try {
      if (this.#closed) throw new SecretSyncError('Cancelled', 'the registry of stores is closed')
      const way = ref === undefined ? this.#own : this.#lookUp(namespace, ref)
      if (!(way instanceof StoreAccess)) return { kind: 'error', error: way }
      return { kind: 'ready', connection: way.connection(kmsEndpoint) }
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return { kind: 'error', error }
    }
  }

  /** Secrets that hold credentials of stores, present or not, each once: what to watch. */
  credentialRefs(): NamespacedName[] {
    return [...new Set([...this.#entries.values()].flatMap(({ credentials }) => [...credentials]))].map(splitKey)
  }

  /** Stores to upsert again when this Secret has changed. */
  storesUsingSecret(namespace: string, name: string): NamespacedName[] {
    return [...this.#entries.values()]
      .filter(({ credentials }) => credentials.has(`${namespace}/${name}`))
      .map(({ key }) => key)
  }

  /** Forgets every store and closes every connection; reads under way fail with `Cancelled`. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#own instanceof StoreAccess) this.#own.release()
    for (const { key } of this.#entries.values()) this.remove(key.namespace, key.name)
    await this.#pool.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #entry(namespace: string, name: string, label: string): Entry {
    const key = `${namespace}/${name}`
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const way = new SecretSyncError('StoreNotFound', `${label} has just appeared and is not ready yet`)
    const entry: Entry = { key: { namespace, name }, spec: '', credentials: new Set(), way, turn: 0 }
    this.#entries.set(key, entry)
    return entry
  }

  #lookUp(namespace: string, ref: { name: string; namespace?: string }): StoreAccess | SecretSyncError {
    const home = ref.namespace ?? namespace
    if (home !== namespace && this.#options.enableCrossNamespaceSecretStore !== true) {
      throw new SecretSyncError(
        'CrossNamespaceRefused',
        `SecretStore ${home}/${ref.name} is in another namespace than ${namespace}, which needs --enable-cross-namespace-secret-store`,
      )
    }
    const entry = this.#entries.get(`${home}/${ref.name}`)
    if (entry === undefined)
      throw new SecretSyncError('StoreNotFound', `SecretStore ${home}/${ref.name} does not exist`)
    return entry.way
  }

  async #wayTo(kms: KmsStore, namespace: string, label: string, signal: AbortSignal): Promise<StoreAccess> {
    // First: where it must not go, no credential is looked up.
    const at = { region: kms.region, endpoint: kms.endpoint }
    const endpoint = this.#endpointOf(at, `${label}: spec.KMS.endpoint`)
    if (kms.KMSAuth === undefined)
      return this.#access({ ...at, endpoint }, this.#ownIdentity(`${label}: a store without KMSAuth`), label)
    const provider = await accessKeyOf(kms.KMSAuth, {
      store: label,
      storeNamespace: namespace,
      allowOtherNamespaces: this.#options.enableCrossNamespaceAuthRef === true,
      readSecretKey: this.#options.readSecretKey,
      signal,
    })
    return this.#access({ ...at, endpoint }, provider, label)
  }

  #access(
    at: { region?: string | undefined; endpoint?: string },
    provider: CredentialProvider,
    where: string,
  ): StoreAccess {
    const endpoint = this.#endpointOf(at, where)
    return new StoreAccess({
      pool: this.#pool,
      allowList: this.#allowList,
      region: at.region ?? this.#options.defaults.region,
      endpoint,
      // The caller's own is never closed.
      provider:
        provider === this.#options.defaults.identity
          ? { value: provider, release: () => undefined }
          : this.#pool.holdProvider(provider),
    })
  }

  #endpointOf(
    { region, endpoint }: { region?: string | undefined; endpoint?: string | undefined },
    where: string,
  ): string {
    const ofRegion =
      region === undefined || region === this.#options.defaults.region ? undefined : defaultKmsEndpoint(region)
    return this.#allowList.check(endpoint ?? ofRegion ?? this.#defaultEndpoint, where)
  }

  #ownIdentity(who: string): CredentialProvider {
    const { identity } = this.#options.defaults
    if (identity !== undefined) return identity
    throw new SecretSyncError(
      'Unauthenticated',
      `${who} is read with the operator's own identity, and none is configured: ${OWN_IDENTITY_HINT}, or use a store with KMSAuth`,
    )
  }

  /** Those of other namespaces only where they may be used: nobody else's Secrets are to be watched. */
  #credentialsOf({ KMSAuth }: KmsStore, namespace: string): ReadonlySet<string> {
    if (KMSAuth === undefined) return new Set()
    const all = this.#options.enableCrossNamespaceAuthRef === true
    const refs = credentialKeysOf(KMSAuth, namespace).filter((ref) => all || ref.namespace === namespace)
    return new Set(refs.map((ref) => `${ref.namespace}/${ref.name}`))
  }
}

function replace(entry: Entry, spec: string, way: StoreAccess | SecretSyncError): void {
  const former = entry.way
  entry.spec = spec
  if (former instanceof StoreAccess && way instanceof StoreAccess && former.equals(way)) {
    // Nothing has changed: whoever reads through the former goes on.
    way.release()
    return
  }
  entry.way = way
  // The new connection is there before the former goes, so that one that both lead to stays open.
  if (way instanceof StoreAccess) way.connection(undefined)
  if (former instanceof StoreAccess) former.release()
}

function stateOf(way: StoreAccess | SecretSyncError): StoreState {
  if (!(way instanceof StoreAccess)) return { ready: false, error: way }
  return { ready: true, identity: way.identity, endpoint: way.endpoint }
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
