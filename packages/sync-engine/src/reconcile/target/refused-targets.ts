import {
  type Clock,
  fingerprint,
  type ObservedSecret,
  type OwnerRecord,
  ReferenceIndex,
  type SecretWriter,
  type TargetRef,
} from '@ack-secret-manager/core'
import { DriftBackoff } from '../drift-backoff.ts'
import type { ExistingSecret } from '../../decide/observation.ts'
import { type ResourceKey, resourceKey } from '../../model/resource.ts'
import { canBeLiftedByOthers, retryMs, type SyncOutcome } from '../../report/sync-outcome.ts'
import { renewalInMs } from './renewal.ts'
import { MIN_PAUSE_MS, TargetObserver } from './target-observer.ts'

/** Reports changes of Secrets that the writer does not watch, see {@link SyncEngine.targetsChanged}. */
export interface TargetWatch {
  /** Replaces the targets that `resource` waits for. */
  refer(resource: ResourceKey, targets: readonly TargetRef[]): void
}

export interface RefusedTargetsOptions {
  readonly writer: Pick<SecretWriter, 'observe'>
  readonly clock: Clock
  /** @default none: refused targets are only observed with backoff */
  readonly watch?: TargetWatch | undefined
  /** The refusal may have ended: the resource must be reconciled in `delayMs`. */
  readonly onChange: (key: ResourceKey, delayMs: number) => void
}

interface RefusedTarget {
  readonly target: TargetRef
  /** The version that is known to be refused. */
  version: string
  /** The part of the target that the refusal depends on. */
  basis: string
  /** Whether metadata alone shows that part. */
  readonly isBasisShown: boolean
  /** Whether adoption was requested in the state that was refused. */
  readonly isAdoptRequested: boolean
  /** A change has requested a reconcile, which observes the target itself. */
  isReconciled: boolean
  /** That reconcile has no backoff, because the target is free. */
  isFreed: boolean
}

/**
 * Decides when a refused resource is reconciled again. A resource whose target belongs to another owner waits for a change of that Secret,
 * of which only the metadata is observed. Its secrets are still read, but only at their interval.
 */
export class RefusedTargets {
  readonly #options: RefusedTargetsOptions
  readonly #refused = new Map<ResourceKey, RefusedTarget>()
  readonly #references = new ReferenceIndex()
  /** The recorded owners of targets to adopt. */
  readonly #awaited = new ReferenceIndex()
  readonly #targets: TargetObserver
  /** Backoff after writes that the API server denies. */
  readonly #denials: DriftBackoff
  /** Backoff after changes that end in another refusal. */
  readonly #changes: DriftBackoff

  constructor(options: RefusedTargetsOptions) {
    this.#options = options
    this.#denials = new DriftBackoff(options.clock)
    this.#changes = new DriftBackoff(options.clock)
    this.#targets = new TargetObserver({
      ...options,
      onObserved: (target, observed) => {
        for (const key of this.ownersOf(target)) this.#observed(key, observed)
      },
    })
  }

  /** Records how a reconcile ended. @returns when to reconcile again, in milliseconds; undefined if only a change can help */
  record(key: ResourceKey, outcome: SyncOutcome): number | undefined {
    const refusedTarget = outcome.kind === 'refused' ? outcome.refusedTarget : undefined
    if (refusedTarget) this.#add(key, refusedTarget)
    else this.#remove(key)
    if (!refusedTarget && canBeLiftedByOthers(outcome)) return this.#denials.retryInMs(key)
    this.#denials.forget(key)
    return retryMs(outcome) ?? renewalInMs(outcome, this.#options.clock.now())
  }

  /** How long to wait before a denied write is repeated, in milliseconds. */
  pauseMs(key: ResourceKey): number {
    return this.#denials.pauseMs(key)
  }

  /** The target was refused in this observed state. */
  #add(key: ResourceKey, { secret, inspected }: ExistingSecret): void {
    const { target } = secret
    const before = this.#refused.get(key)
    const isSame = before?.target.name === target.name
    // The change did not lift the refusal.
    if (before?.isReconciled) this.#changes.corrected(key)
    this.#refused.set(key, {
      target,
      version: versionOf(secret),
      basis: basisOf(secret),
      isBasisShown: !inspected,
      isAdoptRequested: secret.adoptRequested,
      isReconciled: false,
      isFreed: false,
    })
    this.#references.set(key, [resourceKey(target)])
    if (before && !isSame) this.#leave(before.target)
    this.#options.watch?.refer(key, [target])
    this.#targets.want(target, !isSame)
    // It may have changed again during the reconcile.
    if (before?.isReconciled) this.#targets.changed(target, MIN_PAUSE_MS)
  }

  /** Resources that wait for this target after a refusal. */
  ownersOf(target: TargetRef): readonly ResourceKey[] {
    return this.#references.ownersOf(resourceKey(target))
  }

  /** The watch has reported a change of the target of this resource. */
  changed(key: ResourceKey): void {
    const refusal = this.#refused.get(key)
    if (refusal) this.#targets.changed(refusal.target)
  }

  /** The target of this resource is refused while one of these resources exists. Must be called before that is checked. */
  awaitDeletion(key: ResourceKey, owners: readonly ResourceKey[]): void {
    this.#awaited.set(key, owners)
  }

  /** A resource was deleted. A target that it has retained does not change then. */
  deleted(owner: ResourceKey): void {
    for (const key of this.#awaited.ownersOf(owner)) {
      const refusal = this.#refused.get(key)
      if (refusal) refusal.isReconciled = true
      this.#options.onChange(key, this.#changes.pauseMs(key))
    }
  }

  /** Drops a resource that is no longer reconciled. */
  forget(key: ResourceKey): void {
    this.#denials.forget(key)
    this.#remove(key)
  }

  close(): void {
    this.#targets.close()
  }

  #remove(key: ResourceKey): void {
    this.#awaited.set(key, [])
    const refusal = this.#refused.get(key)
    if (!refusal) return
    this.#refused.delete(key)
    this.#references.set(key, [])
    this.#leave(refusal.target)
    this.#changes.forget(key)
    this.#options.watch?.refer(key, [])
  }

  /** Stops observing the target if no other resource waits for it. */
  #leave(target: TargetRef): void {
    if (this.ownersOf(target).length === 0) this.#targets.forget(target)
  }

  #observed(key: ResourceKey, observed: ObservedSecret | undefined | 'denied'): void {
    const refusal = this.#refused.get(key)
    if (!refusal) return
    const isFreed = !refusal.isFreed && isFree(refusal, observed)
    if (refusal.isReconciled && !isFreed) return
    // If the observation is denied, the reconcile reports the current cause, such as missing permissions.
    if (observed !== 'denied' && isStillRefused(refusal, observed)) return
    refusal.isReconciled = true
    refusal.isFreed = isFreed
    // One target is not observed more than once a second, which limits these reconciles as well.
    this.#options.onChange(key, isFreed ? 0 : this.#changes.pauseMs(key))
  }
}

/** Whether the target no longer exists, or adoption was requested since the refusal. */
function isFree({ isAdoptRequested }: RefusedTarget, observed: ObservedSecret | undefined | 'denied'): boolean {
  if (observed === 'denied') return false
  return observed === undefined || (observed.adoptRequested && !isAdoptRequested)
}

/** Compares an observation with the refused state, and stores it. */
function isStillRefused(refusal: RefusedTarget, observed: ObservedSecret | undefined): boolean {
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

/** Fingerprint of the metadata that a refusal can depend on. Excludes values and their versions. */
function basisOf({ uid, controller, records, foreignKeys, foreignMetadata, adoptRequested }: ObservedSecret): string {
  const held = ([name, { creation, keys, metadata, immutable }]: [string, OwnerRecord]) => [
    name,
    creation,
    [...keys.keys()].toSorted(),
    metadata?.names,
    immutable,
  ]
  const foreign = [[...foreignKeys].toSorted(), [...(foreignMetadata ?? [])].toSorted()]
  // A fingerprint, because the metadata can have 256 KiB, and its author chooses the size.
  return fingerprint(JSON.stringify([uid, controller, [...records].map(held), foreign, adoptRequested]))
}
