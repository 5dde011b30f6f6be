import type { KubeObject } from '../client/kube-object.ts'

/** Who holds a lease, in the words of `coordination.k8s.io/v1`. */
export interface LeaseRecord {
  /** Empty when it was given back. */
  readonly holder: string
  readonly durationMs: number
  /** When the holder came, as RFC 3339 with microseconds, by the holder's clock. */
  readonly acquireTime: string
  readonly renewTime: string
  /** How often it went from one holder to another. */
  readonly transitions: number
}

/** Reads a Lease. What is missing is as if never held. */
export function leaseRecord(lease: KubeObject): LeaseRecord {
  const spec: Record<string, unknown> = typeof lease.spec === 'object' && lease.spec !== null ? { ...lease.spec } : {}
  const text = (field: string): string => (typeof spec[field] === 'string' ? spec[field] : '')
  const number = (field: string): number => (typeof spec[field] === 'number' ? spec[field] : 0)
  return {
    holder: text('holderIdentity'),
    durationMs: number('leaseDurationSeconds') * 1_000,
    acquireTime: text('acquireTime'),
    renewTime: text('renewTime'),
    transitions: number('leaseTransitions'),
  }
}

/** The Lease with the record in it; whatever else it holds stays. */
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

/** Whether a renewal or a change of hands lies between the two. */
export function isSameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
  return (
    a.holder === b.holder &&
    a.renewTime === b.renewTime &&
    a.acquireTime === b.acquireTime &&
    a.transitions === b.transitions &&
    a.durationMs === b.durationMs
  )
}
