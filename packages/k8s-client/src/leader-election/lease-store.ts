import { isKubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'
import type { ObservedLease } from './lease-decision.ts'
import { isSameRecord, type LeaseRecord, leaseRecord, withLeaseRecord } from './lease-record.ts'

const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces'

/** What is needed of a client. */
export type LeaseApi = Pick<KubeClient, 'get' | 'create' | 'update'>

/** How one call is bounded. */
export interface LeaseCall {
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** One Lease at the API server, and what was last seen of it. */
export class LeaseStore {
  readonly #client: LeaseApi
  readonly #namespace: string
  readonly #name: string
  readonly #nowMs: () => number
  #lease: KubeObject | undefined
  #observed: ObservedLease | undefined

  constructor(options: {
    readonly client: LeaseApi
    readonly namespace: string
    readonly name: string
    readonly nowMs: () => number
  }) {
    this.#client = options.client
    this.#namespace = options.namespace
    this.#name = options.name
    this.#nowMs = options.nowMs
  }

  get observed(): ObservedLease | undefined {
    return this.#observed
  }

  /** Looks at the Lease. */
  async read(call: LeaseCall): Promise<void> {
    try {
      this.#observe(await this.#client.get(`${this.#collection}/${this.#name}`, call))
    } catch (error) {
      if (!isKubeApiError(error, 404)) throw error
      this.#lease = undefined
      this.#observed = undefined
    }
  }

  /** Writes the record, onto the Lease as it was last seen and no other: false when it is another one by now. */
  async write(record: LeaseRecord, call: LeaseCall): Promise<boolean> {
    const lease = this.#lease
    try {
      if (lease) {
        this.#observe(
          await this.#client.update(`${this.#collection}/${this.#name}`, withLeaseRecord(lease, record), call),
        )
      } else {
        const bare = {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: this.#name, namespace: this.#namespace },
        }
        this.#observe(await this.#client.create(this.#collection, withLeaseRecord(bare, record), call))
      }
      return true
    } catch (error) {
      // Changed or created by somebody else, or deleted. A 404 of a creation means that there is no namespace.
      if (isKubeApiError(error, 409) || (lease && isKubeApiError(error, 404))) return false
      throw error
    }
  }

  get #collection(): string {
    return `${COLLECTION}/${this.#namespace}/leases`
  }

  #observe(lease: KubeObject): void {
    const record = leaseRecord(lease)
    this.#lease = lease
    if (this.#observed && isSameRecord(this.#observed.record, record)) return
    this.#observed = { record, observedAtMs: this.#nowMs() }
  }
}
