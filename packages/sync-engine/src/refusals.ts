import {
  type Clock,
  type ClockTimer,
  isSecretSyncError,
  type ObservedSecret,
  type OwnerRecord,
  ReferenceIndex,
  retryOf,
  type SecretWriter,
  Semaphore,
  type TargetRef,
} from '@ack-secret-manager/core'
import { DriftPacer } from './drift-pacer.ts'
import type { SeenSecret } from './observation.ts'
import { type ResourceKey, resourceKey } from './resource.ts'
import { mayBeLifted, retryMs, type SyncOutcome } from './sync-outcome.ts'

/** Reports changes of Secrets that the writer does not watch, see {@link SyncEngine.targetsChanged}. */
export interface TargetWatch {
  /** Replaces the targets that `resource` waits for. */
  refer(resource: ResourceKey, targets: readonly TargetRef[]): void
}

/** Options of {@link Refusals}. */
export interface RefusalsOptions {
  readonly writer: Pick<SecretWriter, 'observe'>
  readonly clock: Clock
  /** @default none: refused targets are observed with growing pauses alone */
  readonly watch?: TargetWatch | undefined
  /** The refusal may be over: the resource is to be reconciled in `delayMs`. */
  readonly onChange: (key: ResourceKey, delayMs: number) => void
}

/** Observations under way at once, so that many refusals cannot occupy the API server. */
const MAX_OBSERVATIONS = 4
/** Minimum pause between two observations of one target, however often it changes. */
const MIN_PAUSE_MS = 1_000

interface Refusal {
  readonly target: TargetRef
  /** The version that is known to be refused. */
  version: string
  /** What the refusal depends on; undefined where metadata does not show all of it, or none was observed. */
  basis: string | undefined
  readonly isBasisShown: boolean
  /** Monotonic milliseconds. */
  observedMs: number
  dueMs: number
  /** A change has requested a reconcile, which observes the target itself. */
  isReconciled: boolean
  timer: ClockTimer | undefined
}

/**
 * Decides when a refused resource is reconciled again. One whose target belongs to another user waits for a change of that
 * Secret: only its metadata is observed, so the refusal costs no read of the secret manager as long as it lasts.
 */
export class Refusals {
  readonly #options: RefusalsOptions
  readonly #refusals = new Map<ResourceKey, Refusal>()
  readonly #references = new ReferenceIndex()
  readonly #places = new Semaphore(MAX_OBSERVATIONS)
  /** Pauses between reconciles of what the API server denies. */
  readonly #denials: DriftPacer
  /** Pauses between observations that nothing asks for. */
  readonly #polls: DriftPacer
  /** Pauses between reconciles where each change ends in another refusal. */
  readonly #changes: DriftPacer
  readonly #closing = new AbortController()

  constructor(options: RefusalsOptions) {
    this.#options = options
    this.#denials = new DriftPacer(options.clock)
    this.#polls = new DriftPacer(options.clock)
    this.#changes = new DriftPacer(options.clock)
  }

  /** Records how a reconcile ended. @returns when to reconcile again, in milliseconds; undefined if only a change can help */
  record(key: ResourceKey, outcome: SyncOutcome): number | undefined {
    const refusedTarget = outcome.kind === 'refused' ? outcome.refusedTarget : undefined
    if (refusedTarget) this.#add(key, refusedTarget)
    else this.#remove(key)
    if (!refusedTarget && mayBeLifted(outcome)) return this.#denials.retryInMs(key)
    this.#denials.forget(key)
    return retryMs(outcome)
  }

  /** The resource was refused the target, as it was seen. */
  #add(key: ResourceKey, { secret, inspected }: SeenSecret): void {
    const { target } = secret
    const before = this.#refusals.get(key)
    before?.timer?.cancel()
    const isSame = before?.target.name === target.name
    if (!isSame) this.#polls.forget(key)
    // The change did not lift the refusal.
    if (before?.isReconciled) this.#changes.corrected(key)
    const version = versionOf(secret)
    const refusal: Refusal = {
      target,
      version,
      basis: before?.version === version ? before.basis : undefined,
      isBasisShown: !inspected,
      observedMs: isSame ? before.observedMs : -Infinity,
      dueMs: Infinity,
      isReconciled: false,
      timer: undefined,
    }
    this.#refusals.set(key, refusal)
    this.#references.set(key, [resourceKey(target)])
    this.#options.watch?.refer(key, [target])
    this.#schedule(key, refusal, this.#polls.retryInMs(key))
    // It may have changed again during the reconcile.
    if (before?.isReconciled) this.#schedule(key, refusal, MIN_PAUSE_MS)
  }

  /** Resources that were refused this target. */
  ownersOf(target: TargetRef): readonly ResourceKey[] {
    return this.#references.ownersOf(resourceKey(target))
  }

  /** The watch has reported a change of the target of this resource. */
  changed(key: ResourceKey): void {
    const refusal = this.#refusals.get(key)
    if (!refusal) return
    const sinceMs = this.#options.clock.monotonic() - refusal.observedMs
    this.#schedule(key, refusal, Math.max(0, MIN_PAUSE_MS - sinceMs))
  }

  /** The resource is not reconciled any more. */
  forget(key: ResourceKey): void {
    this.#denials.forget(key)
    this.#remove(key)
  }

  close(): void {
    this.#closing.abort()
    for (const { timer } of this.#refusals.values()) timer?.cancel()
  }

  #remove(key: ResourceKey): void {
    const refusal = this.#refusals.get(key)
    if (!refusal) return
    refusal.timer?.cancel()
    this.#refusals.delete(key)
    this.#references.set(key, [])
    this.#polls.forget(key)
    this.#changes.forget(key)
    this.#options.watch?.refer(key, [])
  }

  #schedule(key: ResourceKey, refusal: Refusal, delayMs: number): void {
    const { clock } = this.#options
    const dueMs = clock.monotonic() + delayMs
    if (refusal.dueMs <= dueMs || this.#closing.signal.aborted) return
    refusal.timer?.cancel()
    refusal.dueMs = dueMs
    refusal.timer = clock.setTimeout(() => void this.#observe(key, refusal), delayMs)
  }

  async #observe(key: ResourceKey, refusal: Refusal): Promise<void> {
    const { writer, clock } = this.#options
    const { signal } = this.#closing
    refusal.observedMs = clock.monotonic()
    refusal.dueMs = Infinity
    this.#schedule(key, refusal, this.#polls.retryInMs(key))
    try {
      const observed = await this.#places.run(() => writer.observe(refusal.target, { signal, fresh: true }))
      if (isStillRefused(refusal, observed)) return
    } catch (error) {
      if (isSecretSyncError(error) && retryOf(error.code) === 'transient') return
      // The reconcile reports what is wrong now, such as missing permissions.
    }
    if (refusal.isReconciled || this.#refusals.get(key) !== refusal || signal.aborted) return
    refusal.isReconciled = true
    this.#options.onChange(key, this.#changes.pauseMs(key))
  }
}

/** Compares an observation with what was refused, and remembers it. */
function isStillRefused(refusal: Refusal, observed: ObservedSecret | undefined): boolean {
  if (!observed) return false
  const isSame = versionOf(observed) === refusal.version
  const basis = basisOf(observed)
  if (!isSame && (!refusal.isBasisShown || basis !== refusal.basis)) return false
  refusal.version = versionOf(observed)
  refusal.basis = basis
  return true
}

function versionOf({ uid, resourceVersion }: ObservedSecret): string {
  return `${uid}/${resourceVersion}`
}

/** What a refusal can depend on, as far as metadata shows it. Values and their versions are no part of it. */
function basisOf({ uid, controller, records, foreignKeys, foreignMetadata, adoptRequested }: ObservedSecret): string {
  const held = ([name, { creation, keys, metadata, immutable }]: [string, OwnerRecord]) => [
    name,
    creation,
    [...keys.keys()].toSorted(),
    metadata?.names,
    immutable,
  ]
  const foreign = [[...foreignKeys].toSorted(), [...(foreignMetadata ?? [])].toSorted()]
  return JSON.stringify([uid, controller, [...records].map(held), foreign, adoptRequested])
}
