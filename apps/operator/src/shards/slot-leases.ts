import {
  isKubeApiError,
  type KubeQuery,
  type KubeClient,
  listPages,
  Reflector,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import { MEMBER_OF_LABEL } from '@ack-secret-manager/resources'
import { memberOf, type SlotLease, slotLease } from './slot-lease.ts'

/** The Leases of all slots. The holders may have been started with different numbers of shards. */
export interface SlotLeases {
  /** Watches until the signal aborts. Changes may arrive late. */
  watch(onChange: (lease: SlotLease) => void, signal: AbortSignal): Promise<void>
  /** Lists the current Leases, not from a cache. @throws KubeApiError | SecretSyncError */
  list(signal: AbortSignal): Promise<readonly SlotLease[]>
  /** Reads one current Lease, not from a cache; undefined if there is none. @throws KubeApiError | SecretSyncError */
  get(slot: string, signal: AbortSignal): Promise<SlotLease | undefined>
  /**
   * Removes the holder of a Lease, and nothing else, unless the Lease has changed since this state.
   * @returns the new state; undefined if the Lease has changed or was deleted
   * @throws KubeApiError | SecretSyncError
   */
  clear(lease: SlotLease, signal: AbortSignal): Promise<SlotLease | undefined>
}

export interface KubeSlotLeasesOptions {
  readonly client: KubeClient
  readonly watchClient: KubeClient
  readonly namespace: string
  /** The Lease of the first slot. */
  readonly name: string
  readonly onFault: (fault: ReflectorFault) => void
}

/** Deadline of one request. */
const TIMEOUT_MS = 5_000

export class KubeSlotLeases implements SlotLeases {
  readonly #options: KubeSlotLeasesOptions

  constructor(options: KubeSlotLeasesOptions) {
    this.#options = options
  }

  async watch(onChange: Parameters<SlotLeases['watch']>[0], signal: AbortSignal): Promise<void> {
    const { watchClient, namespace, onFault } = this.#options
    const reflector = new Reflector<SlotLease>({
      client: watchClient,
      path: COLLECTION,
      namespaces: [namespace],
      labelSelector: this.#selector,
      project: slotLease,
      onChange: (change) => {
        if (change.kind !== 'deleted') onChange(change.object)
      },
      onFault,
    })
    await reflector.run({ signal })
  }

  async list(signal: AbortSignal): Promise<readonly SlotLease[]> {
    const { name } = this.#options
    // The first Lease has no label while a version without shards holds it.
    const [labelled, first] = await Promise.all([
      this.#read({ labelSelector: this.#selector }, signal),
      this.get(name, signal),
    ])
    return [...labelled.filter(({ slot }) => slot !== name), ...(first ? [first] : [])]
  }

  async get(slot: string, signal: AbortSignal): Promise<SlotLease | undefined> {
    const [found] = await this.#read({ fieldSelector: `metadata.name=${slot}` }, signal)
    return found
  }

  async clear({ slot, resourceVersion }: SlotLease, signal: AbortSignal): Promise<SlotLease | undefined> {
    const { client } = this.#options
    const path = `${this.#path}/${slot}`
    const call = { signal, timeoutMs: TIMEOUT_MS }
    try {
      const lease = await client.get(path, call)
      if (lease.metadata.resourceVersion !== resourceVersion) return undefined
      const spec = { ...(lease.spec as object), holderIdentity: '' }
      return slotLease(await client.update(path, { ...lease, spec }, call))
    } catch (error) {
      if (isKubeApiError(error, 404) || isKubeApiError(error, 409)) return undefined
      throw error
    }
  }

  /** A list without resourceVersion is up to date, and needs no permission for each name, unlike a get. */
  async #read(query: KubeQuery, signal: AbortSignal): Promise<readonly SlotLease[]> {
    const { client } = this.#options
    const pages = listPages(this.#path, { client, query, signal, timeoutMs: TIMEOUT_MS })
    return (await Array.fromAsync(pages)).flatMap(({ items }) => items.map(slotLease))
  }

  get #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#options.namespace}/leases`
  }

  get #selector(): string {
    return `${MEMBER_OF_LABEL}=${memberOf(this.#options.name)}`
  }
}

const COLLECTION = '/apis/coordination.k8s.io/v1/leases'
