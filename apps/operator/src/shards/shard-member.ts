import { type Clock, type ClockTimer, type SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError, type LeaseMetadata } from '@ack-secret-manager/k8s-client'
import { encodeMember, MEMBER_ANNOTATION, MEMBER_OF_LABEL, type MemberRecord } from '@ack-secret-manager/resources'
import { type Claim, Membership } from './membership.ts'
import { OWNS_NOTHING, type Ownership } from './ownership.ts'
import { memberOf, type SlotLease } from './slot-lease.ts'
import type { SlotLeases } from './slot-leases.ts'

export interface ShardMemberOptions {
  readonly identity: string
  /** The Lease of the first slot. */
  readonly leaseName: string
  readonly leaseDurationMs: number
  /** Flags that select the resources and name their domains. */
  readonly scope: string
  readonly leases: SlotLeases
  readonly clock: Clock
  /** This process has joined, and every other member knows it. */
  readonly onActive: () => void
  /**
   * Works on these domains from now on; called whenever they may have changed. Synchronously stops new writes in the others.
   * @returns a promise that resolves when no write in a lost domain is in progress
   */
  readonly onOwnership: (ownership: Ownership) => Promise<void>
  /** The part of the member record that describes the work of this process. */
  readonly work: () => Pick<MemberRecord, 'resources' | 'domainCount' | 'domains'>
  /** The record of this member has changed: renew its Lease now. */
  readonly requestRenewal: () => void
  /** The Lease of another holder was released. */
  readonly onReleased: () => void
  readonly log: { info(details: object, message: string): void }
  readonly onError: (error: KubeApiError | SecretSyncError) => void
}

/** Lease durations without a renewal after which a holder is reported. A dead holder is usually detected earlier. */
const SILENT_DURATIONS = 2
/** Pause after a failed read. */
const RETRY_MS = 1_000
/** Interval of checks whether all others are alive, while this process joins. */
const JOIN_CHECK_MS = 500

/** Membership of this process: watches the Leases, reads them when a holder is silent, and acknowledges newcomers. */
export class ShardMember {
  readonly #options: ShardMemberOptions
  readonly #membership: Membership
  readonly #stop = new AbortController()
  #timer: ClockTimer | undefined
  #isReading = false
  /** False after the API server has denied the permission to clear a Lease. */
  #mayClear = true
  #notBeforeMs = -Infinity
  /** The ownership that was applied last. */
  #applied = ''
  #published = ''
  #waiting = ''
  /** Since when this process waits for the holder of each slot. */
  readonly #waitingSinceMs = new Map<string, number>()
  #lastClaim = 0
  #ownership = OWNS_NOTHING

  constructor(options: ShardMemberOptions) {
    this.#options = options
    this.#membership = new Membership(options)
  }

  get ownership(): Ownership {
    return this.#ownership
  }

  /** Description of the holders that this process waits for before it works or takes over their domains; undefined without any. */
  get waitsFor(): string | undefined {
    const { soleHolder, blocking } = this.#membership
    const silent = this.#silent()
    if (blocking.length === 0 && silent.length > 0) {
      return `the domains of ${namesOf(silent)}, whose Lease is not renewed but names a longer duration than that of this replica`
    }
    if (blocking.length === 0) return undefined
    if (soleHolder !== undefined) {
      return `${soleHolder.identity} (${soleHolder.slot}), whose Lease has no record of a member, as in a version without shards`
    }
    const isListing = !this.#membership.isComplete
    return isListing ? 'a list of all Leases' : namesOf(blocking)
  }

  /** How long this process has waited for the holder of each slot; its own slot while it lists the Leases. */
  get waitingMs(): ReadonlyMap<string, number> {
    if (this.#stop.signal.aborted) return new Map()
    const nowMs = this.#options.clock.monotonic()
    return new Map([...this.#waitingSinceMs].map(([slot, sinceMs]) => [slot, nowMs - sinceMs]))
  }

  /** Labels and annotations of the Lease of this process. */
  metadata(): LeaseMetadata {
    const labels = { [MEMBER_OF_LABEL]: memberOf(this.#options.leaseName) }
    if (this.#stop.signal.aborted) return { labels, annotations: { [MEMBER_ANNOTATION]: undefined } }
    const state = this.#memberState()
    this.#published = JSON.stringify(state)
    return { labels, annotations: { [MEMBER_ANNOTATION]: encodeMember({ ...state, ...this.#options.work() }) } }
  }

  /** Watches the Leases until the signal aborts or {@link close} is called. */
  async run(signal: AbortSignal): Promise<void> {
    const { leases, clock, onReleased } = this.#options
    const until = AbortSignal.any([signal, this.#stop.signal])
    await leases.watch((lease) => {
      const dead = this.#membership.observe(lease, clock.monotonic())
      if (dead !== undefined) this.#logTakeOver(lease.slot, dead)
      if (lease.record.holder === '') onReleased()
      this.#step()
    }, until)
  }

  /** This process has acquired a slot. Lists all Leases, then asks for acknowledgement. */
  join(slot: string): void {
    this.#membership.hold(slot)
    this.#trackWaiting()
    void this.#readAll()
  }

  /** Ends the membership, before this process releases its Lease. */
  close(): void {
    this.#stop.abort()
    this.#timer?.cancel()
  }

  async #readAll(): Promise<void> {
    const { leases, clock } = this.#options
    try {
      const found = await leases.list(this.#stop.signal)
      for (const lease of found) this.#membership.observe(lease, clock.monotonic())
      this.#membership.complete()
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#failed(error)
      clock.setTimeout(() => void this.#readAll(), RETRY_MS)
      return
    }
    this.#step()
  }

  /** Applies the current state of the membership, and schedules the next check. */
  #step(): void {
    if (this.#stop.signal.aborted) return
    const { clock, requestRenewal, onActive } = this.#options
    const nowMs = clock.monotonic()
    const wasActive = this.#membership.isActive
    const claims = this.#membership.advance(nowMs)
    this.#trackWaiting()
    if (this.#membership.slot !== undefined) {
      this.#report()
      if (!wasActive && this.#membership.isActive) onActive()
      this.#apply(claims)
      if (JSON.stringify(this.#memberState()) !== this.#published) requestRenewal()
    }
    this.#schedule(nowMs)
  }

  /** Applies a changed ownership. An inactive process acknowledges at once, because it has no writes to end. */
  #apply(claims: readonly Claim[]): void {
    const { isActive, soleHolder, slots } = this.#membership
    if (!isActive) return this.#membership.acknowledge(claims)
    const fresh = claims.filter(({ number }) => number > this.#lastClaim)
    this.#lastClaim = Math.max(this.#lastClaim, ...claims.map(({ number }) => number))
    const key = JSON.stringify([soleHolder, slots])
    if (key === this.#applied && fresh.length === 0) return
    this.#applied = key
    this.#ownership = this.#membership.ownership()
    const drained = this.#options.onOwnership(this.#ownership)
    if (fresh.length > 0) void this.#acknowledgeAfter(drained, fresh)
  }

  async #acknowledgeAfter(drained: Promise<void>, claims: readonly Claim[]): Promise<void> {
    await drained
    this.#membership.acknowledge(claims)
    this.#step()
  }

  /** The part of the record that other members react to. */
  #memberState(): Omit<MemberRecord, 'resources' | 'domainCount' | 'domains'> {
    const { isActive: active, acknowledged } = this.#membership
    const ready = this.#membership.isReady(this.#options.clock.monotonic())
    const { identity: holder, scope } = this.#options
    return { holder, scope, ready, active, acknowledges: [...acknowledged].sort() }
  }

  #schedule(nowMs: number): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const { slot, isActive } = this.#membership
    if (slot === undefined || this.#isReading) return
    const due = this.#membership.nextRead()
    const joinMs = isActive ? Infinity : nowMs + JOIN_CHECK_MS
    const dueMs = Math.min(joinMs, Math.max(due?.dueMs ?? Infinity, this.#notBeforeMs))
    if (dueMs === Infinity) return
    this.#timer = this.#options.clock.setTimeout(() => {
      const isDue = due !== undefined && this.#options.clock.monotonic() >= Math.max(due.dueMs, this.#notBeforeMs)
      if (isDue) void this.#read(due.slot)
      else this.#step()
    }, dueMs - nowMs)
  }

  async #read(slot: string): Promise<void> {
    const { leases, clock } = this.#options
    this.#isReading = true
    const sentMs = clock.monotonic()
    try {
      const lease = await leases.get(slot, this.#stop.signal)
      const death = this.#membership.confirm(slot, lease, sentMs, clock.monotonic())
      if (death?.isKnown === false) this.#logTakeOver(slot, death.identity)
      if (death?.lease && this.#mayClear) void this.#clear(death.lease)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#notBeforeMs = clock.monotonic() + RETRY_MS
      this.#failed(error)
    } finally {
      this.#isReading = false
    }
    this.#step()
  }

  /**
   * Clears the Lease of a dead holder, because each replica that starts would wait for its lease duration otherwise. After a failure, the
   * next attempt follows a lease duration later.
   */
  async #clear(dead: SlotLease): Promise<void> {
    const { leases, clock } = this.#options
    try {
      const cleared = await leases.clear(dead, this.#stop.signal)
      // After a conflict the holder may be alive.
      const lease = cleared ?? (await leases.get(dead.slot, this.#stop.signal))
      if (lease) this.#membership.observe(lease, clock.monotonic())
    } catch (error) {
      // The permission is optional: without it only starts are slower.
      if (isKubeApiError(error, 403)) this.#mayClear = false
      else if (!this.#stop.signal.aborted) this.#failed(error)
    }
    this.#step()
  }

  #logTakeOver(slot: string, holder: string): void {
    // A standby takes nothing over.
    if (this.#membership.slot === undefined) return
    this.#options.log.info({ slot, holder }, `Taking over from ${holder}: Lease ${slot} was not renewed`)
  }

  #silent(): ReturnType<Membership['silent']> {
    const { leaseDurationMs, clock } = this.#options
    return this.#membership.silent(SILENT_DURATIONS * leaseDurationMs, clock.monotonic())
  }

  #trackWaiting(): void {
    const slots = new Set([...this.#membership.blocking, ...this.#silent()].map(({ slot }) => slot))
    for (const slot of this.#waitingSinceMs.keys()) if (!slots.has(slot)) this.#waitingSinceMs.delete(slot)
    for (const slot of slots) {
      if (!this.#waitingSinceMs.has(slot)) this.#waitingSinceMs.set(slot, this.#options.clock.monotonic())
    }
  }

  /** Logs which members this process waits for, once per change. */
  #report(): void {
    // The list of all Leases is in progress, and logs its own failure.
    if (!this.#membership.isComplete) return
    const waitsFor = this.waitsFor ?? ''
    if (waitsFor === this.#waiting) return
    this.#waiting = waitsFor
    const { slot } = this.#membership
    if (waitsFor !== '') this.#options.log.info({ slot, waitsFor }, `Shard ${slot} waits for ${waitsFor}`)
  }

  #failed(error: unknown): void {
    this.#options.onError(isKubeApiError(error) ? error : toSecretSyncError(error, 'reading the Leases of all shards'))
  }
}

function namesOf(holders: Membership['blocking']): string {
  return holders
    .map(({ identity, slot, scope }) => {
      return scope === undefined ? `${identity} (${slot})` : `${identity} (${slot}, with ${scope})`
    })
    .join(', ')
}
