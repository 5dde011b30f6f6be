import type { Clock, SecretSyncError } from '@ack-secret-manager/core'
import {
  type KubeClient,
  type KubeObject,
  type ObjectChange,
  Reflector,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import {
  API_VERSION,
  GROUP,
  parseSecretStore,
  type ParseResult,
  type SecretStoreResource,
  VERSION,
} from '@ack-secret-manager/resources'
import type { StoreRegistry, StoreState } from '@ack-secret-manager/stores'
import { PRIORITY, WorkQueue } from '@ack-secret-manager/sync-engine'
import { CredentialWatch } from './credential-watch.ts'
import { isGone } from './is-gone.ts'
import { admits, type NamespaceFilter } from './namespace-filter.ts'
import { secretStoreStatus } from './secret-store-status.ts'

/** Options of a {@link SecretStoreController}. */
export interface SecretStoreControllerOptions {
  readonly client: KubeClient
  readonly stores: StoreRegistry
  readonly namespaces: NamespaceFilter
  /** Stores of other namespaces than the watched ones may be named. */
  readonly crossNamespace: boolean
  readonly clock: Clock
  readonly random: () => number
  /** What a store gives may be another connection now. */
  readonly onStoreChange: (store: { readonly namespace: string; readonly name: string }, connectionKey?: string) => void
  readonly onError: (store: string, error: SecretSyncError, retryInMs: number) => void
  readonly onFault: (fault: ReflectorFault) => void
  /** Only the leader writes a status. */
  readonly mayWrite: () => boolean
}

interface SeenStore {
  readonly raw: { readonly namespace: string; readonly name: string; readonly uid: string; readonly generation: number }
  readonly parsed: ParseResult<SecretStoreResource>
  readonly status: unknown
}

/** How soon a store that is not ready is looked at again; a change of the store or of its credentials is noticed at once. */
const RETRY_MS = 300_000

/** Keeps the registry of stores equal to the SecretStores of the cluster, and tells in their status how they are. */
export class SecretStoreController {
  readonly #options: SecretStoreControllerOptions
  readonly #reflector: Reflector<SeenStore>
  readonly #queue: WorkQueue
  readonly #credentials: CredentialWatch
  /** Where each store led when it was last looked at. */
  readonly #leadsTo = new Map<string, string>()

  constructor(options: SecretStoreControllerOptions) {
    this.#options = options
    const { client, namespaces, crossNamespace, clock, random, onError, onFault } = options
    this.#reflector = new Reflector<SeenStore>({
      client,
      path: `/apis/${GROUP}/${VERSION}/secretstores`,
      ...(namespaces.watch.length > 0 && !crossNamespace ? { namespaces: namespaces.watch } : {}),
      project: seenStoreOf,
      onChange: (change) => this.#onChange(change),
      onFault,
    })
    this.#queue = new WorkQueue({
      process: (key, signal) => this.#process(key, signal),
      onError,
      clock,
      random,
      concurrency: 4,
    })
    this.#credentials = new CredentialWatch({
      client,
      onChange: (secret) => {
        for (const store of options.stores.storesUsingSecret(secret.namespace, secret.name)) {
          this.#queue.add(`${store.namespace}/${store.name}`, PRIORITY.changed)
        }
      },
      onFault,
    })
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced
  }

  /** Resolves when every store that was there at the start has been looked at once. */
  async settled(): Promise<void> {
    await this.#reflector.synced
    await this.#queue.idle()
  }

  /** Writes the status of all stores again, now that this replica may. */
  refreshStatus(): void {
    for (const [key] of this.#reflector.entries()) this.#queue.add(key, PRIORITY.routine)
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#queue.start()
    await this.#reflector.run({ signal })
    await this.#queue.close()
    await this.#credentials.close()
  }

  #onChange(change: ObjectChange<SeenStore>): void {
    const [namespace = ''] = change.key.split('/')
    if (!this.#options.crossNamespace && !admits(this.#options.namespaces, namespace)) return
    // Our own status coming back.
    if (change.kind === 'updated' && change.previous.raw.generation === change.object.raw.generation) return
    this.#queue.add(change.key, PRIORITY.changed)
  }

  async #process(key: string, signal: AbortSignal): Promise<void> {
    const { stores } = this.#options
    const [namespace = '', name = ''] = key.split('/')
    const seen = this.#reflector.get(key)
    let state: StoreState | undefined
    if (!seen) stores.remove(namespace, name)
    else if (seen.parsed.ok) state = await stores.upsert(seen.parsed.resource, { signal })
    else {
      stores.refuse(namespace, name, seen.parsed.error)
      state = { ready: false, error: seen.parsed.error }
    }
    this.#credentials.watch(stores.credentialRefs())
    this.#tell(key, namespace, name)
    if (!seen) this.#leadsTo.delete(key)
    if (!seen || !state) return
    await this.#writeStatus(seen, state, signal)
    if (!state.ready || !this.#credentials.isComplete) this.#queue.addAfter(key, RETRY_MS, PRIORITY.routine)
  }

  /** Only when the store leads elsewhere than it did: to look at all its resources for nothing would read their secrets anew. */
  #tell(key: string, namespace: string, name: string): void {
    const { stores, onStoreChange } = this.#options
    const to = stores.resolve({ namespace, ref: { name } })
    const now = to.kind === 'ready' ? to.connection.key : `${to.error.code}: ${to.error.message}`
    if (this.#leadsTo.get(key) === now) return
    this.#leadsTo.set(key, now)
    onStoreChange({ namespace, name }, to.kind === 'ready' ? to.connection.key : undefined)
  }

  async #writeStatus({ raw, status }: SeenStore, state: StoreState, signal: AbortSignal): Promise<void> {
    if (!this.#options.mayWrite()) return
    const next = secretStoreStatus(state, raw.generation, status, this.#options.clock.now())
    if (!next) return
    const path = `/apis/${GROUP}/${VERSION}/namespaces/${raw.namespace}/secretstores/${raw.name}/status`
    try {
      await this.#options.client.mergePatch(path, { metadata: { uid: raw.uid }, status: next }, { signal })
    } catch (error) {
      // The watch tells what has become of it.
      if (!isGone(error)) throw error
    }
  }
}

function seenStoreOf(raw: KubeObject): SeenStore {
  const { namespace = '', name = '', uid = '', generation = 0 } = raw.metadata
  return {
    raw: { namespace, name, uid, generation },
    // Items of a list come without these two.
    parsed: parseSecretStore({ ...raw, apiVersion: API_VERSION, kind: 'SecretStore' }, { unknownFields: 'ignore' }),
    status: raw['status'],
  }
}
