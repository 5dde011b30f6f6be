import { isKubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'
import type { ObservedLease } from './lease-decision.ts'
import { isSameRecord, type LeaseRecord, leaseRecord, withLeaseRecord } from './lease-record.ts'

const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces'

/** The client methods that a {@link LeaseStore} uses. */
export type LeaseApi = Pick<KubeClient, 'get' | 'create' | 'update'>

/** Limits of one call. */
export interface LeaseCall {
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** One Lease at the API server and its last observed state. */
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

  /** Reads the Lease. */
  async read(call: LeaseCall): Promise<void> {
    try {
      this.#observe(await this.#client.get(`${this.#collection}/${this.#name}`, call))
    } catch (error) {
      if (!isKubeApiError(error, 404)) throw error
      this.#lease = undefined
      this.#observed = undefined
    }
  }

  /** Writes the record with the last observed resourceVersion as precondition. @returns false after a conflict */
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
      // Another process changed, created or deleted the Lease. A 404 of a creation means that the namespace does not exist.
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
