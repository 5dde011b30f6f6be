import { isKubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'
import { compareResourceVersions } from '../client/resource-version.ts'
import type { ResourceVersionRollback } from '../watch/reflector.ts'
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

/** Labels and annotations of a Lease; undefined removes one. */
export interface LeaseMetadata {
  readonly labels?: Readonly<Record<string, string | undefined>>
  readonly annotations?: Readonly<Record<string, string | undefined>>
}

export interface LeaseStoreOptions {
  readonly client: LeaseApi
  readonly namespace: string
  readonly name: string
  readonly nowMs: () => number
  /** Added to every write. */
  readonly metadata?: () => LeaseMetadata
  /** A Lease is older than when it was last read or written, as after a restore of etcd from a backup. */
  readonly onResourceVersionRollback?: ((rollback: ResourceVersionRollback) => void) | undefined
}

/** One Lease at the API server and its last observed state. */
export class LeaseStore {
  readonly #options: LeaseStoreOptions
  #lease: KubeObject | undefined
  #observed: ObservedLease | undefined
  #deleted: ObservedLease | undefined

  constructor(options: LeaseStoreOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  get observed(): ObservedLease | undefined {
    return this.#observed
  }

  /** The last observed record before the last deletion, with the time when a read noticed it. */
  get deleted(): ObservedLease | undefined {
    return this.#deleted
  }

  /** Reads the Lease. */
  async read(call: LeaseCall): Promise<void> {
    const known = this.#lease
    try {
      const lease = await this.#options.client.get(this.#path, call)
      this.#observe(lease)
      this.#checkForRollback(known, lease)
    } catch (error) {
      if (!isKubeApiError(error, 404)) throw error
      if (this.#observed) this.#deleted = { record: this.#observed.record, observedAtMs: this.#options.nowMs() }
      this.#lease = undefined
      this.#observed = undefined
    }
  }

  /** Writes the record with the last observed resourceVersion as precondition. @returns false after a conflict */
  async write(record: LeaseRecord, call: LeaseCall): Promise<boolean> {
    const { client, namespace, name, metadata } = this.#options
    const lease = this.#lease
    const bare = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace } }
    const body = withLeaseMetadata(withLeaseRecord(lease ?? bare, record), metadata?.() ?? {})
    try {
      this.#observe(
        lease ? await client.update(this.#path, body, call) : await client.create(this.#collection, body, call),
      )
      return true
    } catch (error) {
      // Another process changed, created or deleted the Lease. A 404 of a creation means that the namespace does not exist.
      if (isKubeApiError(error, 409) || (lease && isKubeApiError(error, 404))) return false
      throw error
    }
  }

  /** The API server reads a single object from etcd, never from a cache that can be older. */
  #checkForRollback(known: KubeObject | undefined, lease: KubeObject): void {
    const { uid, resourceVersion: reached = '' } = known?.metadata ?? {}
    const { resourceVersion: listed = '' } = lease.metadata
    if (uid === undefined || uid !== lease.metadata.uid || compareResourceVersions(listed, reached) >= 0) return
    this.#options.onResourceVersionRollback?.({ path: this.#path, reached, listed })
  }

  get #collection(): string {
    return `${COLLECTION}/${this.#options.namespace}/leases`
  }

  get #path(): string {
    return `${this.#collection}/${this.name}`
  }

  #observe(lease: KubeObject): void {
    const record = leaseRecord(lease)
    this.#lease = lease
    if (this.#observed && isSameRecord(this.#observed.record, record)) return
    this.#observed = { record, observedAtMs: this.#options.nowMs() }
  }
}

/** The Lease with these labels and annotations; others are unchanged. */
function withLeaseMetadata(lease: KubeObject, { labels, annotations }: LeaseMetadata): KubeObject {
  const { metadata } = lease
  const merged = {
    ...(labels && { labels: withoutUndefined({ ...metadata.labels, ...labels }) }),
    ...(annotations && { annotations: withoutUndefined({ ...metadata.annotations, ...annotations }) }),
  }
  return { ...lease, metadata: { ...metadata, ...merged } }
}

function withoutUndefined(texts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])))
}
