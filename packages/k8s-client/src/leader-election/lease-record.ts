import type { KubeObject } from '../client/kube-object.ts'

/** The `spec` of a Lease of `coordination.k8s.io/v1`. */
export interface LeaseRecord {
  /** Empty after a release. */
  readonly holder: string
  /** 0 if the Lease has none. */
  readonly durationMs: number
  /** RFC 3339 with microseconds, from the clock of the holder. */
  readonly acquireTime: string
  readonly renewTime: string
  /** Number of changes of the holder. */
  readonly transitions: number
}

/**
 * Limit of the duration of a Lease. A forged or stale Lease that names a longer one does not stop all processes forever. A shorter limit
 * is unsafe, because a holder may write until its own renew deadline.
 */
export const MAX_LEASE_DURATION_MS = 3_600_000

/** Parses a Lease. Missing fields get the values of a lease without a holder. */
export function leaseRecord(lease: KubeObject): LeaseRecord {
  const spec: Record<string, unknown> = typeof lease.spec === 'object' && lease.spec !== null ? { ...lease.spec } : {}
  const text = (field: string): string => (typeof spec[field] === 'string' ? spec[field] : '')
  const number = (field: string): number => (typeof spec[field] === 'number' ? spec[field] : 0)
  return {
    holder: text('holderIdentity'),
    durationMs: Math.min(number('leaseDurationSeconds') * 1_000, MAX_LEASE_DURATION_MS),
    acquireTime: text('acquireTime'),
    renewTime: text('renewTime'),
    transitions: number('leaseTransitions'),
  }
}

/** Returns the Lease with the record; other fields are unchanged. */
export function withLeaseRecord(lease: KubeObject, record: LeaseRecord): KubeObject {
  const { managedFields: _ours, ...metadata } = lease.metadata
  const spec = {
    ...(typeof lease.spec === 'object' ? lease.spec : {}),
    holderIdentity: record.holder,
    leaseDurationSeconds: Math.max(1, Math.ceil(record.durationMs / 1_000)),
    acquireTime: record.acquireTime,
    renewTime: record.renewTime,
    leaseTransitions: record.transitions,
  }
  return { ...lease, metadata, spec }
}

/** Whether two records are equal: no renewal and no new holder in between. */
export function isSameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
  return (
    a.holder === b.holder &&
    a.renewTime === b.renewTime &&
    a.acquireTime === b.acquireTime &&
    a.transitions === b.transitions &&
    a.durationMs === b.durationMs
  )
}
