import { compareResourceVersions, isSameRecord } from '@ack-secret-manager/k8s-client'
import { OWNS_NOTHING, type Ownership, ownershipOf } from './ownership.ts'
import { isSlot, type SlotLease } from './slot-lease.ts'

/** The holder of a slot, from the Leases that this process has seen. */
interface Holder {
  readonly identity: string
  /** Duration of its Lease, if that has none. */
  readonly defaultDurationMs: number
  /** Acquired the slot after this process had read all Leases, and read them later, so it knows this process. */
  readonly isLater: boolean
  lease: SlotLease
  /** When its record last changed; monotonic milliseconds of the local clock. */
  changedMs: number
  /** When its resourceVersion last changed. */
  versionMs: number
  /** When the Lease was last read or delivered. */
  seenMs: number
  /** This process has seen the holder renew the Lease, so the holder was alive then. */
  isWitnessed: boolean
  /** A fresh read has shown that the holder did not renew for a whole lease duration. */
  isDead: boolean
  /** When the holder released the Lease. The slot keeps its domains for a moment, because a standby often acquires it at once. */
  releasedMs: number | undefined
  /** Number of the {@link Claim} that gave domains to the slot; undefined while it has none. */
  claim: number | undefined
  /** This process has finished its writes in the domains that the holder wins. */
  isAcknowledged: boolean
}

/** A holder that gets domains, and is acknowledged once this process has ended its writes in them. */
export interface Claim {
  readonly identity: string
  readonly number: number
}

/** A holder that did not renew its Lease for a whole lease duration. */
export interface Death {
  readonly identity: string
  /** The Lease to clear; undefined if it was deleted, or has changed within the duration. */
  readonly lease: SlotLease | undefined
  /** The holder has lost its domains before, but its Lease was not cleared. */
  readonly isKnown: boolean
}

export interface MembershipOptions {
  readonly identity: string
  /** The Lease of the first slot. */
  readonly leaseName: string
  /** Flags that select the resources and name their domains. */
  readonly scope: string
  /** Counts for a Lease without a duration. */
  readonly leaseDurationMs: number
}

/** A scheduled read of a Lease from the API server. */
export interface DueRead {
  readonly slot: string
  readonly dueMs: number
}

/** Share of the lease duration within which a holder must have renewed to count as alive. */
const ALIVE_SHARE = 0.5

/** How long the slot of a released Lease keeps its domains. */
export const RELEASE_GRACE_MS = 2_000

/** Interval of reads of a Lease that the watch does not deliver. */
export const UNWATCHED_POLL_MS = 2_000

/**
 * The members that this process knows, and the domains that follow from them. Pure: Leases and times are passed in.
 *
 * Invariant: at most one member owns a domain, because each working member counts all others. A newcomer works only after every
 * other holder has acknowledged it. A holder is dropped only after it released its Lease, or did not renew it for a whole lease
 * duration. A holder without renewals stops itself earlier.
 *
 * Members with different scopes never work at the same time, because they divide different resources or name domains differently. The
 * later one waits until the earlier one has left. Of two that acquired their slots at the same time, the one with the later slot
 * waits, and acknowledges the other.
 */
export class Membership {
  readonly #identity: string
  readonly #leaseName: string
  readonly #scope: string
  readonly #leaseDurationMs: number
  readonly #holders = new Map<string, Holder>()
  /** Newest resourceVersion of each slot, so that a delayed watch cannot bring a former holder back. */
  readonly #versions = new Map<string, string>()
  #slot: string | undefined
  #isComplete = false
  #isActive = false
  #claims = 0

  constructor({ identity, leaseName, scope, leaseDurationMs }: MembershipOptions) {
    this.#identity = identity
    this.#leaseName = leaseName
    this.#scope = scope
    this.#leaseDurationMs = leaseDurationMs
  }

  /** The slot that this process holds. */
  get slot(): string | undefined {
    return this.#slot
  }

  /** This process knows every holder that may not know this process. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** This process works, until it loses its Lease. */
  get isActive(): boolean {
    return this.#isActive
  }

  /** This process asks for acknowledgement, once it has seen every other holder alive, because a dead one would delay the start. */
  isReady(nowMs: number): boolean {
    if (!this.#isComplete) return false
    return this.#isActive || this.#awaited().every((each) => isAlive(each, nowMs) && !this.#hasOtherScope(each))
  }

  /** This process has acquired a slot. */
  hold(slot: string): void {
    this.#slot = slot
    this.#holders.delete(slot)
  }

  /** All Leases were read after the slot was acquired, so later holders see the Lease of this process. */
  complete(): void {
    this.#isComplete = this.#slot !== undefined
  }

  /**
   * Records a Lease from the watch or a read. Ignores outdated states, and Leases that are not slots.
   * @returns the dead holder whose Lease another member has cleared
   */
  observe(lease: SlotLease, nowMs: number): string | undefined {
    const { slot, resourceVersion, record } = lease
    if (!isSlot(slot, this.#leaseName)) return undefined
    const newest = this.#versions.get(slot)
    if (newest !== undefined && compareResourceVersions(resourceVersion, newest) < 0) return undefined
    this.#versions.set(slot, resourceVersion)
    const known = this.#holders.get(slot)
    if (record.holder === '' && known && !known.isDead) return release(known, lease, nowMs)
    if (record.holder === '' || record.holder === this.#identity) this.#holders.delete(slot)
    else if (known?.identity === record.holder) renew(known, lease, nowMs)
    else {
      this.#holders.set(slot, {
        identity: record.holder,
        defaultDurationMs: this.#leaseDurationMs,
        isLater: this.#isComplete,
        lease,
        changedMs: nowMs,
        versionMs: nowMs,
        seenMs: nowMs,
        isWitnessed: newest !== undefined,
        isDead: false,
        releasedMs: undefined,
        // The slot keeps its domains, so that they do not move twice.
        claim: known?.claim === undefined || known.isDead || this.#isMixed(lease) ? undefined : this.#newClaim(),
        isAcknowledged: false,
      })
    }
    return undefined
  }

  /**
   * Records a fresh read of one Lease from the API server, which may prove that its holder is dead.
   * @param sentMs when the request was sent
   * @returns the holder that loses its domains, because it did not renew the Lease
   */
  confirm(slot: string, lease: SlotLease | undefined, sentMs: number, nowMs: number): Death | undefined {
    const before = this.#holders.get(slot)
    if (lease === undefined) {
      // The holder of a deleted Lease may not have noticed, so it counts until its lease duration is over.
      if (before === undefined) return undefined
      before.seenMs = nowMs
      if (!isOver(before, sentMs)) return undefined
      this.#holders.delete(slot)
      return { identity: before.identity, lease: undefined, isKnown: before.isDead }
    }
    const cleared = this.observe(lease, nowMs)
    if (cleared !== undefined) return { identity: cleared, lease: undefined, isKnown: false }
    const holder = this.#holders.get(slot)
    if (!holder || holder.releasedMs !== undefined || !isOver(holder, sentMs)) return undefined
    const { identity, isDead: isKnown } = holder
    holder.isDead = true
    const isUntouched = sentMs - holder.versionMs >= durationOf(holder)
    return { identity, lease: isUntouched ? holder.lease : undefined, isKnown }
  }

  /** The next read that decides whether a slot loses its domains, or whether the Lease of a dead holder can be cleared now. */
  nextRead(): DueRead | undefined {
    let next: DueRead | undefined
    for (const [slot, holder] of this.#holders) {
      const dueMs = readDueMs(holder)
      if (next === undefined || dueMs < next.dueMs) next = { slot, dueMs }
    }
    return next?.dueMs === Infinity ? undefined : next
  }

  /**
   * Gives domains to every holder that asks for them, and starts this process once all others have acknowledged it.
   * @returns holders to acknowledge once the writes in lost domains have ended
   */
  advance(nowMs: number): readonly Claim[] {
    for (const [slot, { releasedMs = Infinity }] of this.#holders) {
      if (nowMs - releasedMs >= RELEASE_GRACE_MS) this.#holders.delete(slot)
    }
    const live = this.#live()
    for (const holder of live) {
      const { member } = holder.lease
      const asks = this.#hasOtherScope(holder)
        ? this.#givesWayTo(holder)
        : member?.ready === true || member?.active === true
      if (asks) holder.claim ??= this.#newClaim()
    }
    if (this.isReady(nowMs) && this.#awaited().every((holder) => this.#acknowledges(holder))) this.#isActive = true
    return live.flatMap(({ claim: number, isAcknowledged, identity }) =>
      number === undefined || isAcknowledged ? [] : [{ identity, number }],
    )
  }

  /** The writes in the domains of these holders have ended. */
  acknowledge(claims: readonly Claim[]): void {
    for (const holder of this.#live()) {
      // A later claim waits for its own writes.
      if (claims.some(({ number }) => number === holder.claim)) holder.isAcknowledged = true
    }
  }

  /** Identities of acknowledged holders, for the record of this process. */
  get acknowledged(): readonly string[] {
    return this.#live().flatMap(({ isAcknowledged, identity }) => (isAcknowledged ? [identity] : []))
  }

  /**
   * Holders that keep this process from working, because they publish no record or have not acknowledged it. The slot of this process
   * until it has read all Leases. With the scope of a holder, if it differs.
   */
  get blocking(): ReadonlyArray<{
    readonly slot: string
    readonly identity: string
    readonly scope?: string | undefined
  }> {
    if (this.#slot === undefined) return []
    if (!this.#isComplete) return [{ slot: this.#slot, identity: this.#identity }]
    const live = this.#awaited()
    const plain = live.filter(({ lease }) => lease.member === undefined)
    const unacknowledged = live.filter((holder) => !this.#acknowledges(holder))
    // A holder that has acknowledged this process must also be alive when it starts to work.
    const joining = unacknowledged.length > 0 ? unacknowledged : live
    return (this.#isActive ? plain : joining).map((holder) => {
      const { identity, lease } = holder
      return { slot: lease.slot, identity, scope: this.#hasOtherScope(holder) ? lease.member?.scope : undefined }
    })
  }

  /** Holders that have not renewed their Lease for this time, but keep domains, because the Lease names a longer duration. */
  silent(forMs: number, nowMs: number): ReadonlyArray<{ readonly slot: string; readonly identity: string }> {
    if (!this.#isActive) return []
    return this.#live()
      .filter(({ claim, changedMs }) => claim !== undefined && nowMs - changedMs >= forMs)
      .map(({ identity, lease: { slot } }) => ({ slot, identity }))
  }

  /** A holder without a record, as in a version without shards. It may work on all domains, and acknowledges no member. */
  get soleHolder(): { readonly slot: string; readonly identity: string } | undefined {
    const holder = this.#live().find(({ lease }) => lease.member === undefined)
    return holder && { slot: holder.lease.slot, identity: holder.identity }
  }

  /** The domains of this process. */
  ownership(): Ownership {
    if (!this.#isActive || this.#slot === undefined || this.soleHolder !== undefined) return OWNS_NOTHING
    return ownershipOf(this.#slot, this.slots)
  }

  /** The slots that share the domains. */
  get slots(): readonly string[] {
    const others = [...this.#holders].flatMap(([slot, { isDead, claim }]) =>
      isDead || claim === undefined ? [] : [slot],
    )
    return [...(this.#slot === undefined ? [] : [this.#slot]), ...others].sort()
  }

  #acknowledges({ lease: { member } }: Holder): boolean {
    return member?.acknowledges.includes(this.#identity) === true
  }

  #hasOtherScope({ lease: { member } }: Pick<Holder, 'lease'>): boolean {
    return member?.scope !== undefined && member.scope !== this.#scope
  }

  /** The new holder of a slot may have to wait for a member of another scope, so the slot does not keep its domains. */
  #isMixed(lease: SlotLease): boolean {
    return [{ lease }, ...this.#live()].some((each) => this.#hasOtherScope(each))
  }

  /** Whether this process waits for a holder of another scope that may wait for it, too. */
  #givesWayTo({ isLater, lease }: Holder): boolean {
    return !this.#isActive && this.#slot !== undefined && !isLater && lease.slot < this.#slot
  }

  /** Holders that must acknowledge this process. One of another scope that waits for this process need not, or has done so. */
  #awaited(): readonly Holder[] {
    return this.#live().filter((holder) => {
      const gaveWay = holder.lease.member?.active === false && this.#acknowledges(holder)
      return !this.#hasOtherScope(holder) || !(holder.isLater || gaveWay)
    })
  }

  #live(): readonly Holder[] {
    return [...this.#holders.values()].filter(({ isDead, releasedMs }) => !isDead && releasedMs === undefined)
  }

  #newClaim(): number {
    this.#claims += 1
    return this.#claims
  }
}

/** Records a Lease of the same holder. */
function renew(holder: Holder, lease: SlotLease, nowMs: number): void {
  const isSame = isSameRecord(holder.lease.record, lease.record)
  if (holder.lease.resourceVersion !== lease.resourceVersion) holder.versionMs = nowMs
  holder.lease = lease
  holder.seenMs = nowMs
  if (isSame) return
  holder.changedMs = nowMs
  holder.isWitnessed = true
  if (holder.isDead) Object.assign(holder, { isDead: false, claim: undefined, isAcknowledged: false })
}

/**
 * Records a Lease without a holder. One that another member has cleared keeps the times of its last renewal. So it needs no read, and
 * its slot keeps its domains no longer than the lease duration.
 * @returns the former holder, if it was not alive
 */
function release(holder: Holder, { record }: SlotLease, nowMs: number): string | undefined {
  if (holder.releasedMs !== undefined) return undefined
  const isCleared = isSameRecord(holder.lease.record, { ...record, holder: holder.identity })
  const endMs = holder.changedMs + durationOf(holder)
  holder.releasedMs = isCleared ? Math.min(nowMs, endMs - RELEASE_GRACE_MS) : nowMs
  return isCleared && !isAlive(holder, nowMs) ? holder.identity : undefined
}

function readDueMs(holder: Holder): number {
  if (holder.isDead) return holder.seenMs + durationOf(holder)
  if (holder.releasedMs !== undefined) return holder.releasedMs + RELEASE_GRACE_MS
  const endMs = holder.changedMs + durationOf(holder)
  return holder.lease.isWatched ? endMs : Math.min(endMs, holder.seenMs + UNWATCHED_POLL_MS)
}

function durationOf({ lease, defaultDurationMs }: Holder): number {
  return Math.max(1_000, lease.record.durationMs || defaultDurationMs)
}

function isOver(holder: Holder, sentMs: number): boolean {
  return sentMs - holder.changedMs >= durationOf(holder)
}

function isAlive(holder: Holder, nowMs: number): boolean {
  return holder.isWitnessed && nowMs - holder.changedMs <= durationOf(holder) * ALIVE_SHARE
}
