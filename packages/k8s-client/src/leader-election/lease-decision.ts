import { microTime } from '../client/micro-time.ts'
import type { LeaseRecord } from './lease-record.ts'

/** A record and the time when this process first observed it. */
export interface ObservedLease {
  readonly record: LeaseRecord
  /** Monotonic milliseconds of the local clock. The times in the record come from other machines and are never compared. */
  readonly observedAtMs: number
}

/** The next action for the lease. */
export type LeaseDecision =
  | { readonly kind: 'create'; readonly record: LeaseRecord }
  /** This process holds it. */
  | { readonly kind: 'renew'; readonly record: LeaseRecord }
  /** It was released or has expired. */
  | { readonly kind: 'take'; readonly record: LeaseRecord }
  /** Another process holds it at least until then. */
  | { readonly kind: 'wait'; readonly holder: string; readonly untilMs: number }

/** `leaseTransitions` is an int32, and the API server rejects a write beyond it. */
const MAX_TRANSITIONS = 2 ** 31 - 1

export interface LeaseState {
  readonly observed: ObservedLease | undefined
  /** The last record of a Lease that was deleted, and the time when this process noticed the deletion. */
  readonly deleted?: ObservedLease | undefined
  readonly identity: string
  readonly durationMs: number
  /** Monotonic milliseconds. */
  readonly nowMs: number
  /** Wall-clock milliseconds for the times in the record. */
  readonly wallMs: number
}

/**
 * The rule of client-go's `leaderelection`: a lease is free if it has no holder, or if its record has not changed for its whole
 * duration on the local clock. Unlike there, a Lease without a duration, or that was deleted, counts as held for the duration of this process,
 * because its holder may write until its next renewal. A pure function.
 */
export function decideLease({ observed, deleted, identity, durationMs, nowMs, wallMs }: LeaseState): LeaseDecision {
  const now = microTime(wallMs)
  const own = { holder: identity, durationMs, acquireTime: now, renewTime: now }
  if (observed === undefined) {
    const { holder = '' } = deleted?.record ?? {}
    const untilMs = (deleted?.observedAtMs ?? -Infinity) + durationMs
    if (holder !== '' && holder !== identity && untilMs > nowMs) return { kind: 'wait', holder, untilMs }
    return { kind: 'create', record: { ...own, transitions: 0 } }
  }
  const { record, observedAtMs } = observed
  if (record.holder === identity) {
    const { transitions } = record
    // The API server rejects an empty time.
    return { kind: 'renew', record: { ...own, acquireTime: record.acquireTime || now, transitions } }
  }
  const untilMs = observedAtMs + (record.durationMs || durationMs)
  if (record.holder !== '' && untilMs > nowMs) return { kind: 'wait', holder: record.holder, untilMs }
  return { kind: 'take', record: { ...own, transitions: Math.min(record.transitions + 1, MAX_TRANSITIONS) } }
}

/** The record that releases a lease: no holder and a duration of one second, as in client-go. */
export function releasedLease(record: LeaseRecord, wallMs: number): LeaseRecord {
  const now = microTime(wallMs)
  return { holder: '', durationMs: 1_000, acquireTime: now, renewTime: now, transitions: record.transitions }
}
