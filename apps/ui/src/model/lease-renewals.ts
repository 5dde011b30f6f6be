import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { keyOf } from '@ack-secret-manager/resource-view'

/** A list instead of a watch, or a slow API server, shows a renewal later. */
const SLACK_MS = 10_000
/** A longer duration in a Lease is not that of an operator. */
const MAX_DURATION_S = 3_600

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly renewTime?: string
  readonly leaseDurationSeconds?: number
}

interface Seen {
  readonly renewal: string
  /** Monotonic time when this process saw the renewal. */
  readonly atMs: number
  /** False for what the first list had: it can be of long ago. */
  readonly isNew: boolean
}

/**
 * Judges Leases as the leader election of client-go does: by when this process saw a renewal. The clocks of the leader and of this
 * machine can differ by any time.
 */
export class LeaseRenewals {
  readonly #seen = new Map<string, Seen>()

  /** Call it with each state of a Lease that the API server sends. */
  observe({ metadata, spec }: KubeObject, atMs: number): void {
    const { holderIdentity = '', renewTime = '' } = (spec ?? {}) as LeaseSpec
    const renewal = `${renewTime} ${holderIdentity}`
    const key = keyOf({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })
    const known = this.#seen.get(key)
    if (known?.renewal !== renewal) this.#seen.set(key, { renewal, atMs, isNew: known !== undefined })
  }

  /**
   * Whether its holder renews a Lease; undefined until a renewal was seen or is overdue.
   * @param heardMs monotonic time of the last sign of the API server: without one, no renewal can be overdue
   */
  isHeld({ metadata, spec }: KubeObject, heardMs: number): boolean | undefined {
    const { holderIdentity = '', leaseDurationSeconds = 0 } = (spec ?? {}) as LeaseSpec
    const seen = this.#seen.get(keyOf({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }))
    if (holderIdentity === '') return false
    if (seen === undefined) return undefined
    const isOverdue = heardMs - seen.atMs > Math.min(leaseDurationSeconds, MAX_DURATION_S) * 1_000 + SLACK_MS
    if (isOverdue) return false
    return seen.isNew ? true : undefined
  }
}
