import { isDeepStrictEqual } from 'node:util'
import { isOutage, reasonOf, timeText } from '@ack-secret-manager/core'
import { type Condition, type SecretStoreStatus, secretStoreStatusSchema } from '@ack-secret-manager/resources'
import type { StoreState } from '@ack-secret-manager/stores'
import type { Reachability } from '@ack-secret-manager/sync-engine'
import { type Outage, outageOf, reachableCondition } from './reachable-condition.ts'

/** Input of {@link secretStoreStatus} in addition to the state. */
export interface StoreStatusInput {
  readonly generation: number
  /** Undefined if the spec is invalid. */
  readonly provider: string | undefined
  /** Whether PushSecrets may write through it. @default false */
  readonly isWritable?: boolean
  /** State of the connection at the store's own endpoint; undefined if no resource reads through it. */
  readonly reachability: Reachability | undefined
  /** The current status. */
  readonly old: unknown
  readonly nowMs: number
}

/** A status to write, and its events. */
export interface StoreStatusChange {
  /** A merge patch: null removes a field. */
  readonly status: object
  readonly events: ReadonlyArray<{
    readonly type: 'Normal' | 'Warning'
    readonly reason: string
    readonly message: string
  }>
}

type Facts = Omit<Condition, 'lastTransitionTime'>

/** Remaining lifetime of a client key below which the status warns. */
const EXPIRY_WARNING_MS = 30 * 24 * 3_600_000

/**
 * The new status of a store, or undefined if it is unchanged. Pure.
 * @param isKnown false if the API server may have another status than `old`
 */
export function secretStoreStatus(
  state: StoreState,
  facts: StoreStatusInput,
  isKnown = true,
): StoreStatusChange | undefined {
  const { generation, nowMs } = facts
  const old = secretStoreStatusSchema.safeParse(facts.old).data
  const ready: Facts = { type: 'Ready', observedGeneration: generation, ...readiness(state) }
  const warnings = warningsOf(state, nowMs).map(([type, message]) => ({
    type,
    status: 'True' as const,
    reason: type,
    message: message.slice(0, 1024),
    observedGeneration: generation,
  }))
  const defaultEndpoint = state.ready ? state.endpoint : undefined
  const oldReachable = conditionOf('Reachable', old)
  const outage = outageOf(facts.reachability, {
    defaultEndpoint,
    old: { condition: oldReachable, outage: old?.outage },
  })
  const reachable = reachableCondition(facts.reachability, { generation, outage, old: oldReachable })
  const expiresAtMs = state.ready ? state.expiresAtMs : undefined
  const known = knownThrough(state, generation, old)
  const status = {
    conditions: [ready, reachable, ...warnings].filter((condition) => condition !== undefined),
    capabilities: state.ready ? (facts.isWritable ? 'ReadWrite' : 'ReadOnly') : null,
    provider: facts.provider ?? null,
    endpoint: (state.ready ? state.endpoint : known?.endpoint) ?? null,
    identity: identityPatch(state.ready ? identityOf(state) : known?.identity),
    clientKeyExpiration: expiresAtMs === undefined ? null : timeText(expiresAtMs),
    outage: outagePatch(outage),
  }
  if (isKnown && isDeepStrictEqual(status, comparable(old))) return undefined
  const conditions = status.conditions.map((condition) => timed(condition, old, nowMs))
  return { status: { ...status, conditions }, events: eventsOf({ ready, reachable, warnings }, old) }
}

/** Whether two statuses are equal except for the transition times of their conditions. */
export function isSameStatus(one: unknown, other: unknown): boolean {
  const [a, b] = [one, other].map((status) => comparable(secretStoreStatusSchema.safeParse(status).data))
  return isDeepStrictEqual(a, b)
}

function readiness(state: StoreState): Pick<Facts, 'status' | 'reason' | 'message'> {
  if (state.ready)
    return { status: 'True', reason: 'Ready', message: `reads from ${state.endpoint} as ${state.identity}` }
  return { status: 'False', reason: reasonOf(state.error.code), message: state.error.message.slice(0, 1024) }
}

/** Keeps endpoint and identity of the last status during an outage. */
function knownThrough(
  state: StoreState,
  generation: number,
  old: SecretStoreStatus | undefined,
): SecretStoreStatus | undefined {
  const isSameStore = old?.conditions.some((condition) => condition.observedGeneration === generation) === true
  return isSameStore && !state.ready && isOutage(state.error.code) ? old : undefined
}

function identityOf({ caller, identity }: Extract<StoreState, { ready: true }>): SecretStoreStatus['identity'] {
  return { principal: caller?.arn ?? identity, ...caller }
}

/** Type and message of each condition that needs attention while the store works. */
function warningsOf(state: StoreState, nowMs: number): ReadonlyArray<readonly [type: string, message: string]> {
  if (!state.ready) return []
  const { tlsWarning, expiresAtMs = Infinity } = state
  const warnings: Array<[string, string]> = tlsWarning === undefined ? [] : [['TLSVerificationDisabled', tlsWarning]]
  if (expiresAtMs - nowMs <= EXPIRY_WARNING_MS) {
    const expires = `the client key expires at ${timeText(expiresAtMs)}; create a new one in KMS and update the Secret`
    warnings.push(['ClientKeyExpiring', expires])
  }
  return warnings
}

function conditionOf(type: string, status: SecretStoreStatus | undefined): Condition | undefined {
  return status?.conditions.find((condition) => condition.type === type)
}

interface Conditions {
  readonly ready: Facts
  readonly reachable: Facts | undefined
  readonly warnings: readonly Facts[]
}

function eventsOf(
  { ready, reachable, warnings }: Conditions,
  old: SecretStoreStatus | undefined,
): StoreStatusChange['events'] {
  const events: StoreStatusChange['events'][number][] = []
  const wasReady = conditionOf('Ready', old)
  if (ready.status === 'False' && wasReady?.message !== ready.message) {
    events.push({ type: 'Warning', reason: ready.reason ?? 'NotReady', message: ready.message ?? '' })
  } else if (ready.status === 'True' && wasReady?.status === 'False') {
    events.push({ type: 'Normal', reason: 'Ready', message: ready.message ?? '' })
  }
  const wasReachable = conditionOf('Reachable', old)
  if (reachable?.status === 'False' && wasReachable?.message !== reachable.message) {
    events.push({ type: 'Warning', reason: reachable.reason, message: reachable.message })
  } else if (reachable?.status === 'True' && wasReachable?.status === 'False') {
    events.push({ type: 'Normal', reason: reachable.reason, message: reachable.message })
  }
  for (const { type, reason, message } of warnings) {
    if (conditionOf(type, old)?.message !== message) events.push({ type: 'Warning', reason, message })
  }
  return events
}

function comparable(old: SecretStoreStatus | undefined): unknown {
  if (!old) return undefined
  return {
    conditions: old.conditions.map(({ lastTransitionTime: _time, ...condition }) => condition),
    capabilities: old.capabilities ?? null,
    provider: old.provider ?? null,
    endpoint: old.endpoint ?? null,
    identity: identityPatch(old.identity),
    clientKeyExpiration: old.clientKeyExpiration ?? null,
    outage: outagePatch(old.outage),
  }
}

/** A merge patch keeps fields that it does not name. */
function identityPatch(identity: SecretStoreStatus['identity']): object | null {
  return identity === undefined ? null : { principal: null, arn: null, account: null, ...identity }
}

/** As {@link identityPatch}. */
function outagePatch(outage: Outage | undefined): object | null {
  return outage === undefined ? null : { ...outage, lastResponse: outage.lastResponse ?? null }
}

function timed(condition: Facts, old: SecretStoreStatus | undefined, nowMs: number): Condition {
  const before = old?.conditions.find(({ type }) => type === condition.type)
  const since = before?.status === condition.status ? before.lastTransitionTime : undefined
  return { ...condition, lastTransitionTime: since ?? timeText(nowMs) }
}
