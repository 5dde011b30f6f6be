import { defined, SecretSyncError } from '@ack-secret-manager/core'
import { CircuitBreaker, type CircuitState, classifyConnection } from './circuit-breaker.ts'
import type { Outcome } from '../source/in-flight-read.ts'
import { namespaceOf } from '../../model/resource.ts'
import type { Reachability } from './reachability.ts'
import type { Source } from '../source/source.ts'

/** Minimum time between two probes of one endpoint, across identities. */
const BETWEEN_PROBES_MS = 1_000

/** One connection and its sources. */
interface Circuit {
  readonly breaker: CircuitBreaker
  readonly endpoint: string
  readonly kind: string
  readonly members: Set<Source>
  /** Sources that wait for the connection. */
  readonly held: Set<Source>
  /** The source that requested a probe last; it gets every second one. */
  next: Source | undefined
  /** The last probe was of `next`. */
  wasWanted: boolean
  probing: Source | undefined
  /** Number of failures since the last response, by namespace. */
  readonly failedOf: Map<string, number>
  /** The latest failure and the secret that its message names. */
  failure: { readonly error: SecretSyncError; readonly secret: string } | undefined
  /** Another connection reached the endpoint, so the next probe need not wait for its turn. */
  isEndpointBack: boolean
  /** Wall-clock times of the latest response and of the outage's first failure. */
  lastResponseMs: number | undefined
  outageSinceMs: number | undefined
}

export interface ConnectionCircuitsOptions {
  readonly random: () => number
  /** Wall-clock milliseconds. */
  readonly wallMs: () => number
  /** {@link ConnectionCircuits.reachability} of the connection with this key has changed. Must not throw. */
  readonly onReachability?: ((connection: string) => void) | undefined
}

/** Change of a circuit when a read ends. */
export type CircuitChange = 'opened' | 'closed' | 'probe-failed'

/**
 * The circuit breakers of all connections. Connections of one endpoint take turns with their probes, so that one tenant's broken connections
 * do not delay the probe of another. The one with the fewest probes comes first.
 */
export class ConnectionCircuits {
  readonly #options: ConnectionCircuitsOptions
  readonly #circuits = new Map<string, Circuit>()
  /** Those that are not closed. */
  readonly #open = new Set<Circuit>()
  /** When the next probe of an endpoint may be sent. */
  readonly #nextProbeMs = new Map<string, number>()

  constructor(options: ConnectionCircuitsOptions) {
    this.#options = options
  }

  enter(source: Source): void {
    const { key, endpoint = key, kind } = source.connection
    let circuit = this.#circuits.get(key)
    if (circuit === undefined) {
      circuit = {
        breaker: new CircuitBreaker(this.#options.random),
        endpoint,
        kind,
        members: new Set(),
        held: new Set(),
        next: undefined,
        wasWanted: false,
        probing: undefined,
        failedOf: new Map(),
        failure: undefined,
        isEndpointBack: false,
        lastResponseMs: undefined,
        outageSinceMs: undefined,
      }
      this.#circuits.set(key, circuit)
    }
    circuit.members.add(source)
    circuit.breaker.join(source.key)
  }

  leave(source: Source, nowMs: number): CircuitChange | undefined {
    const change = this.#leave(source, this.#of(source), nowMs)
    if (change === 'closed' || !this.#circuits.has(source.connection.key)) this.#notify(source)
    return change
  }

  #leave(source: Source, circuit: Circuit, nowMs: number): CircuitChange | undefined {
    const before = circuit.breaker.state
    circuit.members.delete(source)
    circuit.held.delete(source)
    circuit.breaker.leave(source.key)
    if (circuit.next === source) circuit.next = undefined
    const isProbe = circuit.probing === source
    if (isProbe) this.#probeEnded(circuit, nowMs)
    if (circuit.members.size === 0) this.#circuits.delete(source.connection.key)
    if (before === 'closed') return undefined
    if (circuit.members.size === 0) {
      this.#closed(circuit)
      return undefined
    }
    if (circuit.breaker.state !== 'closed') return isProbe ? 'probe-failed' : undefined
    this.#closed(circuit)
    return 'closed'
  }

  /** Whether a read of `source` may be sent now. */
  admits(source: Source): boolean {
    const { breaker, probing } = this.#of(source)
    return breaker.state === 'closed' || probing === source
  }

  /** Whether the connection of `source` works as far as is known. */
  isClosed(source: Source): boolean {
    return this.#of(source).breaker.state === 'closed'
  }

  /** Whether `source` fails because of its connection and needs no backoff of its own. */
  isHeldBack(source: Source): boolean {
    const { breaker } = this.#of(source)
    return breaker.state !== 'closed' && !breaker.isIsolated(source.key)
  }

  /** Few sources have failed, and `source` is not one of them. */
  isUncertain(source: Source): boolean {
    return this.#of(source).breaker.isUncertain(source.key)
  }

  /** Makes `source` wait for its connection. */
  hold(source: Source, nowMs: number): void {
    this.#of(source).held.add(source)
    if (this.isUncertain(source)) this.probeSoon(source, nowMs)
  }

  /** Probes with `source` as soon as a probe is allowed. */
  probeSoon(source: Source, nowMs: number): void {
    const circuit = this.#of(source)
    circuit.next = source
    circuit.breaker.probeSoon(nowMs)
  }

  /**
   * Probes with `source` now if a probe is due and no source that waits is a better witness. `isWanted` shortens the pause, and gets
   * every second probe, so that a tenant who requests reads of broken secrets does not delay the end of an outage.
   */
  tryProbe(source: Source, nowMs: number, { isWanted }: { readonly isWanted: boolean }): boolean {
    const circuit = this.#of(source)
    if (isWanted) circuit.breaker.probeSoon(nowMs)
    if (turnMs(circuit, this.#nextProbeMs) > nowMs) return false
    if (isWanted) circuit.next = source
    const isTurn = isWanted ? !circuit.wasWanted : doubtOf(source, circuit) === 0
    if (!isTurn && circuit.held.size > 0) return false
    this.#probe(circuit, source, nowMs)
    return true
  }

  /** A probe of the connection of `source` is running. */
  isProbed(source: Source): boolean {
    return this.#of(source).breaker.state === 'half-open'
  }

  /** Sources that wait for the connection of `source`. */
  held(source: Source): Iterable<Source> {
    return this.#of(source).held
  }

  /** The error of `source` while its circuit is open. */
  refusal(source: Source): SecretSyncError {
    const { failure } = this.#of(source)
    const { endpoint, kind } = source.connection
    const name = JSON.stringify(source.ref.name)
    const code = failure?.error.code ?? 'Unavailable'
    // The message of a backend package may name another secret in an unknown format.
    if (failure === undefined || endpoint === undefined)
      return new SecretSyncError(code, `secret ${name}: ${kind} is unreachable`)
    const { retryAfterMs: _, ...facts } = failure.error.facts
    return new SecretSyncError(
      code,
      failure.error.message.replaceAll(JSON.stringify(failure.secret), () => name),
      { facts },
    )
  }

  /** A read of `source` ended; `outcome` is undefined if it says nothing about the connection. */
  ended(source: Source, outcome: Outcome | undefined, nowMs: number): CircuitChange | undefined {
    const circuit = this.#of(source)
    const { breaker } = circuit
    const before = breaker.state
    const error = outcome?.value === undefined ? outcome?.error : undefined
    const result = outcome === undefined ? undefined : classifyConnection(error)
    if (result === 'reachable') {
      const isFirst = circuit.lastResponseMs === undefined
      circuit.lastResponseMs = this.#options.wallMs()
      breaker.onResponse(source.key)
      circuit.failedOf.clear()
      if (before !== 'closed') {
        this.#closed(circuit)
        this.#endpointIsBack(circuit.endpoint)
      }
      if (isFirst || before !== 'closed') this.#notify(source)
      return before === 'closed' ? undefined : 'closed'
    }
    const isProbe = circuit.probing === source
    if (isProbe) this.#probeEnded(circuit, nowMs)
    if (result === undefined || error === undefined) return isProbe ? 'probe-failed' : undefined
    const isOtherCause = circuit.failure?.error.facts.issuer !== error.facts.issuer
    circuit.failure = { error, secret: source.ref.name }
    if (before !== 'closed' && isOtherCause) this.#notify(source)
    const namespace = namespaceOf(source.reader)
    circuit.failedOf.set(namespace, (circuit.failedOf.get(namespace) ?? 0) + 1)
    breaker.failed(source.key, { nowMs, retryAfterMs: error.facts.retryAfterMs ?? 0 })
    if (isProbe) return 'probe-failed'
    if (before !== 'closed' || breaker.state === 'closed') return undefined
    this.#open.add(circuit)
    circuit.outageSinceMs = this.#options.wallMs() - (nowMs - (breaker.sinceMs ?? nowMs))
    this.#notify(source)
    return 'opened'
  }

  /** Whether the connection with this key is reachable; undefined if it has no sources. */
  reachability(connection: string): Reachability | undefined {
    const circuit = this.#circuits.get(connection)
    if (circuit === undefined) return undefined
    const { lastResponseMs, outageSinceMs, failure } = circuit
    const endpoint = failure?.error.facts.issuer ?? circuit.endpoint
    if (outageSinceMs === undefined) return { state: lastResponseMs === undefined ? 'unknown' : 'reachable' }
    return {
      state: 'unreachable',
      ...(endpoint === connection ? {} : { endpoint }),
      sinceMs: outageSinceMs,
      ...defined({ lastResponseMs }),
    }
  }

  /** All sources of the connection of `source`. */
  members(source: Source): Iterable<Source> {
    return this.#of(source).members
  }

  /** Releases the sources that wait for the connection of `source`: those without a value first, then the oldest values. */
  release(source: Source, nowMs: number): readonly Source[] {
    const { held } = this.#of(source)
    const released = [...held].sort((one, other) => urgency(other, nowMs) - urgency(one, nowMs))
    held.clear()
    return released
  }

  /** The sources to probe with now. */
  takeProbes(nowMs: number): readonly Source[] {
    const due = [...this.#open].filter((circuit) => this.#dueMs(circuit) <= nowMs)
    due.sort((one, other) => one.breaker.probes - other.breaker.probes)
    return due.flatMap((circuit) => {
      const source = this.#dueMs(circuit) <= nowMs ? this.#nextProbe(circuit) : undefined
      if (source === undefined) return []
      this.#probe(circuit, source, nowMs)
      return source
    })
  }

  /** When {@link takeProbes} next returns a source. */
  get dueMs(): number {
    let dueMs = Infinity
    for (const circuit of this.#open) dueMs = Math.min(dueMs, this.#dueMs(circuit))
    return dueMs
  }

  /** Connections by backend and state, for metrics. */
  states(): ReadonlyArray<{ readonly backend: string; readonly state: CircuitState; readonly count: number }> {
    const counts = new Map<string, { backend: string; state: CircuitState; count: number }>()
    for (const { kind, breaker } of this.#circuits.values()) {
      for (const state of ['closed', 'open', 'half-open'] as const) {
        const entry = counts.get(`${state} ${kind}`) ?? { backend: kind, state, count: 0 }
        if (breaker.state === state) entry.count += 1
        counts.set(`${state} ${kind}`, entry)
      }
    }
    return [...counts.values()]
  }

  /** The wanted source, unless it had the last probe; else a witness at random, so that a tenant cannot choose it. */
  #nextProbe(circuit: Circuit): Source | undefined {
    const { next, wasWanted } = circuit
    if (next !== undefined && !wasWanted) return next
    const candidates = witnesses(circuit)
    return candidates[Math.floor(this.#options.random() * candidates.length)] ?? next
  }

  #probe(circuit: Circuit, source: Source, nowMs: number): void {
    circuit.wasWanted = circuit.next === source
    if (circuit.wasWanted) circuit.next = undefined
    circuit.held.delete(source)
    circuit.probing = source
    circuit.isEndpointBack = false
    circuit.breaker.probe(nowMs)
    this.#nextProbeMs.set(circuit.endpoint, nowMs + BETWEEN_PROBES_MS)
  }

  #dueMs(circuit: Circuit): number {
    return circuit.held.size === 0 ? Infinity : turnMs(circuit, this.#nextProbeMs)
  }

  #probeEnded(circuit: Circuit, nowMs: number): void {
    circuit.probing = undefined
    circuit.breaker.probeEnded(nowMs)
  }

  #closed(circuit: Circuit): void {
    circuit.probing = undefined
    circuit.next = undefined
    circuit.wasWanted = false
    circuit.failure = undefined
    circuit.isEndpointBack = false
    circuit.outageSinceMs = undefined
    this.#open.delete(circuit)
    for (const { endpoint } of this.#open) if (endpoint === circuit.endpoint) return
    this.#nextProbeMs.delete(circuit.endpoint)
  }

  #notify({ connection }: Source): void {
    this.#options.onReachability?.(connection.key)
  }

  #endpointIsBack(endpoint: string): void {
    for (const circuit of this.#open) if (circuit.endpoint === endpoint) circuit.isEndpointBack = true
  }

  #of(source: Source): Circuit {
    const circuit = this.#circuits.get(source.connection.key)
    if (circuit === undefined) throw new Error('the source belongs to no circuit')
    return circuit
  }
}

/** When a probe is allowed: after the pause of the connection, and on its turn at the endpoint. */
function turnMs({ breaker, endpoint, isEndpointBack }: Circuit, nextProbeMs: ReadonlyMap<string, number>): number {
  if (breaker.state !== 'open') return Infinity
  return isEndpointBack ? -Infinity : Math.max(breaker.probeAtMs, nextProbeMs.get(endpoint) ?? -Infinity)
}

/** Rank of `source` as a probe; 0 is best. The more failures its namespace has, the less a failed probe says about the connection. */
function doubtOf({ key, versionId, reader }: Source, { breaker, failedOf }: Circuit): number {
  if (breaker.isIsolated(key)) return Infinity
  if (versionId === undefined || breaker.hasFailed(key)) return Number.MAX_VALUE
  return failedOf.get(namespaceOf(reader)) ?? 0
}

/** The waiting sources with the least doubt. */
function witnesses(circuit: Circuit): readonly Source[] {
  let [best, leastDoubt]: [Source[], number] = [[], Infinity]
  for (const source of circuit.held) {
    const doubt = doubtOf(source, circuit)
    if (doubt < leastDoubt) [best, leastDoubt] = [[], doubt]
    if (doubt === leastDoubt) best.push(source)
  }
  return best
}

function urgency(source: Source, nowMs: number): number {
  return source.versionId === undefined ? Number.MAX_VALUE : source.unconfirmedMs(nowMs)
}
