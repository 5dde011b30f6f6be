import { type BackendConnection, isOutage, remember, type SecretSyncError } from '@ack-secret-manager/core'
import { namespaceOf } from '../../model/resource.ts'
import { isQuotaExceeded, quotaKey } from '../read-queue/rate-limit.ts'
import type { CallShare } from '../read-queue/read-queue.ts'
import type { Outcome } from './in-flight-read.ts'
import type { Source } from './source.ts'

/** Batches of a connection that fail as a whole are suspended for at least this long, and twice as long each further time. */
const FIRST_PAUSE_MS = 10_000
/** Longest pause, and the time for which a secret that made a batch fail is read alone. */
const LONG_PAUSE_MS = 600_000
/** An identity counts as not allowed to read in batches after so many refused calls whose sources could all be read alone. */
const REFUSALS = 3
/** Times by which the pause of such an identity grows, from ten minutes to a day. */
const GROWTH = 4
/** An identity that may not read in batches is tried again after this long, because each attempt is a denial in the audit log. */
const DENIED_PAUSE_MS = 86_400_000
/** Limit of remembered connections, endpoints and quotas, because tenants can create any number of credentials. The oldest are dropped. */
const MAX_REMEMBERED = 10_000
/** KMS may count a full batch as this many reads. */
const FULL_BATCH = 20

export interface BatchOptions {
  /** Reads that a full batch of KMS counts as, from 1 to 20. A smaller batch counts as its share, at least 1. @default 20 */
  readonly kmsCost?: number
  /** Batches of this connection do not work although single reads do. Called once for each connection. Must not throw. */
  readonly onDenied?: (connection: BackendConnection) => void
}

export interface BatchPolicyOptions extends BatchOptions {
  /** The monotonic time. */
  readonly monotonic: () => number
  /** Whether the connection of a source works as far as is known. */
  readonly isReachable: (source: Source) => boolean
}

/** Sources that are read one by one to find out which one made a batch fail. */
interface Suspects {
  readonly connection: BackendConnection
  /** Infinity if nothing follows from their success. */
  readonly count: number
  /** Denied calls of all of them. Without one, their success says nothing about the identity. */
  readonly denials: number
  succeeded: number
}

/** What a source is part of since its batch was refused: one half of that batch, or the suspects of a half. */
type Mark = { readonly half: string; readonly denials: number } | { readonly suspects: Suspects }

/**
 * Decides which sources share a call. Being wrong about the service must cost nothing but a call:
 *
 * - A batch that is refused as a whole is halved once. The sources of a refused half are read alone, and the one that is refused again
 *   stays alone for ten minutes. If none is, three times in a row, the identity may not read in batches: they are suspended for ten
 *   minutes, and for longer each further time, up to a day. A refusal counts only if it is `AccessDenied`, and if every source of the
 *   call was read: a missing secret can be created and a denied one dropped before its single read.
 * - After a source that was never read has failed alone, others of its namespace that were never read are read alone, for ten minutes. A
 *   tenant can create any number of them, and each could cost the others a call.
 * - A source without a usable entry in a response is read alone for ten minutes; a response without one usable entry is a failure.
 * - Any other failure of a whole batch says nothing about its sources: they are read alone at once.
 * - A throttled source is read alone after a batch, and in a batch after a read of its own.
 * - An endpoint that does not support the call is not tried again.
 */
export class BatchPolicy {
  readonly #options: BatchPolicyOptions
  readonly #marks = new Map<Source, Mark>()
  readonly #aloneUntilMs = new Map<Source, number>()
  /** Sources whose last read, alone, was throttled. KMS may throttle each action, so a batch may be possible. */
  readonly #throttledAlone = new Set<Source>()
  /** By connection: the end of the pause, and the failures in a row. */
  readonly #pauses = new Map<string, { readonly untilMs: number; readonly failures: number }>()
  /** By connection, since the last response: denied calls although single reads were not, and the suspensions that followed. */
  readonly #denied = new Map<string, { readonly denials: number; readonly suspensions: number }>()
  /** By connection and namespace: until then a source that was never read is read alone. */
  readonly #guardedUntilMs = new Map<string, number>()
  readonly #unsupported = new Map<string, true>()
  readonly #reported = new Map<string, true>()
  /** Quotas that throttled a batch count each of its secrets until then. */
  readonly #fullCostUntilMs = new Map<string, number>()
  #halves = 0

  constructor(options: BatchPolicyOptions) {
    this.#options = options
  }

  /** Sources with equal groups may share a call; undefined: alone. */
  groupOf(source: Source): string | undefined {
    const { key, backend } = source.connection
    if (backend.readMany === undefined || backend.batch?.keyOf(source.ref) === undefined) return undefined
    // A source that gets no response would hold up the others.
    if (source.error !== undefined && isOutage(source.error.code) && !this.#throttledAlone.has(source)) return undefined
    if ((this.#aloneUntilMs.get(source) ?? -Infinity) > this.#options.monotonic()) return undefined
    const mark = this.#marks.get(source)
    if (mark !== undefined) return 'half' in mark ? `${key} ${mark.half}` : undefined
    return this.#isGuarded(source) ? undefined : key
  }

  /** How a call that begins with `first` may be shared; undefined if it may not. */
  share(first: Source, nowMs: number): CallShare<Source> | undefined {
    const { connection } = first
    const { batch } = connection.backend
    if (batch === undefined || this.groupOf(first) === undefined || !this.#options.isReachable(first)) return undefined
    if (this.#unsupported.has(endpointOf(connection))) return undefined
    if ((this.#pauses.get(connection.key)?.untilMs ?? -Infinity) > nowMs) return undefined
    const cost = this.#entryCost(connection, nowMs)
    return {
      max: batch.maxRefs,
      keyOf: ({ ref }) => batch.keyOf(ref),
      tokens: (count) => Math.max(1, count * cost),
    }
  }

  /** A batch got a response with a usable entry. */
  responded({ key }: BackendConnection): void {
    this.#pauses.delete(key)
    this.#denied.delete(key)
  }

  /** A batch of these sources failed as a whole. `isComplete`: none of its sources was dropped before. */
  failed(
    sources: readonly Source[],
    error: SecretSyncError,
    nowMs: number,
    { isComplete }: { readonly isComplete: boolean },
  ): void {
    const [first] = sources
    if (first === undefined) return
    const { connection } = first
    if (error.facts.batch === 'unsupported') remember(this.#unsupported, endpointOf(connection), true, MAX_REMEMBERED)
    else if (error.facts.batch === 'denied') this.#suspend(connection, nowMs, DENIED_PAUSE_MS)
    else if (isRefusal(error)) this.#split(sources, connection, error, isComplete)
    else this.#pause(connection, nowMs)
  }

  /** The response of a batch had no usable entry for these sources. */
  unmentioned(sources: readonly Source[], nowMs: number): void {
    for (const source of sources) {
      this.#marks.delete(source)
      this.#aloneUntilMs.set(source, nowMs + LONG_PAUSE_MS)
    }
  }

  /** A read of `source` ended, alone or in a batch. */
  ended(source: Source, outcome: Outcome, nowMs: number, { isShared }: { readonly isShared: boolean }): void {
    if (isShared && isQuotaExceeded(outcome.error)) {
      remember(this.#fullCostUntilMs, quotaKey(source.connection.quota), nowMs + LONG_PAUSE_MS, MAX_REMEMBERED)
    }
    if (!isShared && outcome.error?.code === 'Throttled') this.#throttledAlone.add(source)
    else this.#throttledAlone.delete(source)
    const isRefused = outcome.error !== undefined && isRefusal(outcome.error)
    const isFailed = isRefused || (outcome.error !== undefined && isOutage(outcome.error.code))
    if (isFailed && !isShared && source.versionId === undefined) {
      remember(this.#guardedUntilMs, namespaceKeyOf(source), nowMs + LONG_PAUSE_MS, MAX_REMEMBERED)
    }
    const mark = this.#marks.get(source)
    if (mark === undefined) {
      if (isRefused && this.#aloneUntilMs.has(source)) this.#aloneUntilMs.set(source, nowMs + LONG_PAUSE_MS)
      else if ((this.#aloneUntilMs.get(source) ?? Infinity) <= nowMs) this.#aloneUntilMs.delete(source)
      return
    }
    this.#marks.delete(source)
    if (isRefused && !isShared) this.#aloneUntilMs.set(source, nowMs + LONG_PAUSE_MS)
    if ('half' in mark) return
    if (outcome.value !== undefined) mark.suspects.succeeded += 1
    if (mark.suspects.succeeded === mark.suspects.count) this.#allSucceeded(mark.suspects, nowMs)
  }

  /** The source has no subscribers any more. */
  forget(source: Source): void {
    this.#marks.delete(source)
    this.#aloneUntilMs.delete(source)
    this.#throttledAlone.delete(source)
  }

  #split(
    sources: readonly Source[],
    connection: BackendConnection,
    { code }: SecretSyncError,
    isComplete: boolean,
  ): void {
    const former = sources.flatMap((source) => this.#marks.get(source) ?? [])
    const denials = isComplete && code === 'AccessDenied' ? 1 : 0
    // Halves of one would be single reads anyway.
    if (former.length > 0 || sources.length < 4) {
      const before = former.flatMap((mark) => ('half' in mark ? mark.denials : []))
      const count = isComplete ? sources.length : Infinity
      const suspects = { connection, count, denials: denials && denials + (before[0] ?? 0), succeeded: 0 }
      for (const source of sources) this.#marks.set(source, { suspects })
      return
    }
    const [one, other] = [`half ${(this.#halves += 1)}`, `half ${(this.#halves += 1)}`]
    for (const [index, source] of sources.entries()) {
      this.#marks.set(source, { half: index < sources.length / 2 ? one : other, denials })
    }
  }

  #pause({ key }: BackendConnection, nowMs: number): void {
    const failures = (this.#pauses.get(key)?.failures ?? 0) + 1
    const pauseMs = Math.min(LONG_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10))
    remember(this.#pauses, key, { untilMs: nowMs + pauseMs, failures }, MAX_REMEMBERED)
  }

  /** All sources of a refused call are readable alone, so it is the call that is refused. */
  #allSucceeded({ connection, denials }: Suspects, nowMs: number): void {
    const { key } = connection
    if (denials === 0) return this.#pause(connection, nowMs)
    const former = this.#denied.get(key)
    const all = (former?.denials ?? 0) + denials
    const suspensions = former?.suspensions ?? 0
    // True for a call that was in flight when the suspension began.
    const isSuspended = suspensions > 0 && (this.#pauses.get(key)?.untilMs ?? -Infinity) > nowMs
    const isEnough = all >= REFUSALS && !isSuspended
    remember(this.#denied, key, { denials: all, suspensions: suspensions + (isEnough ? 1 : 0) }, MAX_REMEMBERED)
    if (isEnough) this.#suspend(connection, nowMs, LONG_PAUSE_MS * GROWTH ** Math.min(suspensions, 10))
  }

  #suspend(connection: BackendConnection, nowMs: number, pauseMs: number): void {
    const failures = (this.#pauses.get(connection.key)?.failures ?? 0) + 1
    remember(
      this.#pauses,
      connection.key,
      { untilMs: nowMs + Math.min(DENIED_PAUSE_MS, pauseMs), failures },
      MAX_REMEMBERED,
    )
    if (this.#reported.has(connection.key)) return
    remember(this.#reported, connection.key, true, MAX_REMEMBERED)
    this.#options.onDenied?.(connection)
  }

  #isGuarded(source: Source): boolean {
    if (source.versionId !== undefined) return false
    return (this.#guardedUntilMs.get(namespaceKeyOf(source)) ?? -Infinity) > this.#options.monotonic()
  }

  #entryCost({ kind, quota }: BackendConnection, nowMs: number): number {
    const { kmsCost = FULL_BATCH } = this.#options
    if (kind !== 'kms-endpoint' || (this.#fullCostUntilMs.get(quotaKey(quota)) ?? -Infinity) > nowMs) return 1
    return kmsCost / FULL_BATCH
  }
}

/** Errors that one secret can cause for the whole call. */
function isRefusal({ code }: SecretSyncError): boolean {
  return code === 'AccessDenied' || code === 'NotFound' || code === 'InvalidSpec'
}

function namespaceKeyOf({ connection, reader }: Source): string {
  return JSON.stringify([connection.key, namespaceOf(reader)])
}

function endpointOf({ endpoint, kind, key }: BackendConnection): string {
  return `${kind} ${endpoint ?? key}`
}
