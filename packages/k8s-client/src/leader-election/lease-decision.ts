import { microTime } from '../client/micro-time.ts'
import type { LeaseRecord } from './lease-record.ts'

/** A record, and when this process first saw it in exactly this form. */
export interface ObservedLease {
  readonly record: LeaseRecord
  /** Monotonic milliseconds of the local clock. The times in the record are other machines' and are compared with nothing. */
  readonly observedAtMs: number
}

/** What to do about the lease. */
export type LeaseDecision =
  | { readonly kind: 'create'; readonly record: LeaseRecord }
  /** Ours: say so again. */
  | { readonly kind: 'renew'; readonly record: LeaseRecord }
  /** Given back or run out: make it ours. */
  | { readonly kind: 'take'; readonly record: LeaseRecord }
  /** Somebody else's, at least until then. */
  | { readonly kind: 'wait'; readonly holder: string; readonly untilMs: number }

/** What {@link decideLease} looks at. */
export interface LeaseSituation {
  readonly observed: ObservedLease | undefined
  readonly identity: string
  readonly durationMs: number
  /** Monotonic milliseconds. */
  readonly nowMs: number
  /** Wall-clock milliseconds, written into the record for people to read. */
  readonly wallMs: number
}

/**
 * The rule of client-go's `leaderelection`: a lease is free when nobody holds it, or when its record has not changed for
 * its whole duration as measured by our own clock. Pure: same situation, same decision.
 */
export function decideLease({ observed, identity, durationMs, nowMs, wallMs }: LeaseSituation): LeaseDecision {
  const now = microTime(wallMs)
  const mine = { holder: identity, durationMs, acquireTime: now, renewTime: now }
  if (observed === undefined) return { kind: 'create', record: { ...mine, transitions: 0 } }
  const { record, observedAtMs } = observed
  if (record.holder === identity) {
    const { acquireTime, transitions } = record
    return { kind: 'renew', record: { ...mine, acquireTime, transitions } }
  }
  const untilMs = observedAtMs + record.durationMs
  if (record.holder !== '' && untilMs > nowMs) return { kind: 'wait', holder: record.holder, untilMs }
  return { kind: 'take', record: { ...mine, transitions: record.transitions + 1 } }
}

/** The record that gives a lease back: nobody's, and so short that even one who reads it wrongly waits a second only. */
export function releasedLease(record: LeaseRecord, wallMs: number): LeaseRecord {
  const now = microTime(wallMs)
  return { holder: '', durationMs: 1_000, acquireTime: now, renewTime: now, transitions: record.transitions }
}
