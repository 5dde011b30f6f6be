import { Fifo, type Linked } from './fifo.ts'
import { type AimdTokenBucket, type Quota, quotaKey, type RateLimits } from './rate-limit.ts'

/** How the latest read of a quota ended; `unknown` before the first end. */
type Pace = 'unknown' | 'quick' | 'slow'

/** What waits or is being read on one quota. */
export interface Lane<T extends QueueItem<T>> {
  readonly key: string
  readonly quota: Quota
  readonly bucket: AimdTokenBucket
  /** Reads that somebody waits for. */
  readonly urgent: Fifo<T>
  /** Reads that nobody waits for. */
  readonly refresh: Fifo<T>
  inFlight: number
  members: number
  pace: Pace
}

/** An item of a {@link ReadQueue}: waiting, in flight, or neither. */
export interface QueueItem<T extends QueueItem<T>> extends Linked<T> {
  lane: Lane<T> | undefined
}

/**
 * Which read comes next: those that somebody waits for first, in order of arrival, as tokens and places allow. Every
 * item is in it once, so it is never longer than there are sources.
 *
 * A lane may use as many places as are left free (dynamic threshold: one lane gets half, two get a third each). That alone
 * would let many quotas whose endpoints hang take all places, and anybody can name endpoints: those whose latest read was slow
 * have a quarter of the places between them, and a fifth is kept for those whose latest read was quick.
 */
export class ReadQueue<T extends QueueItem<T>> {
  /** In order of start, hence of deadline. */
  readonly inFlight = new Fifo<T>()
  readonly #rateLimits: RateLimits
  readonly #maxInFlight: number
  /** Reads in flight, by the pace of their lane. */
  readonly #paces: Record<Pace, number> = { unknown: 0, quick: 0, slow: 0 }
  readonly #lanes = new Map<string, Lane<T>>()
  /** Lanes with waiting items; the one served last comes last. */
  readonly #active = new Set<Lane<T>>()
  #waiting = 0

  constructor(options: { rateLimits: RateLimits; maxInFlight: number }) {
    this.#rateLimits = options.rateLimits
    this.#maxInFlight = options.maxInFlight
  }

  get waiting(): number {
    return this.#waiting
  }

  isWaiting(item: T): boolean {
    return item.list !== undefined && item.list !== this.inFlight
  }

  /** Assigns `item` to the lane of `quota`, along with what it is doing there. */
  enter(item: T, quota: Quota): void {
    const key = quotaKey(quota)
    if (item.lane?.key === key) return
    const urgent = item.lane !== undefined && item.list === item.lane.urgent
    const wasWaiting = this.isWaiting(item)
    const wasInFlight = item.list === this.inFlight
    if (wasWaiting) this.remove(item)
    if (wasInFlight) this.#fly(laneOf(item), -1)
    this.#leaveLane(item)
    const lane = this.#lanes.get(key) ?? this.#newLane(key, quota)
    lane.members += 1
    item.lane = lane
    if (wasInFlight) this.#fly(lane, 1)
    if (wasWaiting) this.push(item, urgent)
  }

  /** Forgets `item`, whatever it is doing. */
  leave(item: T): void {
    if (item.list === this.inFlight) this.release(item)
    else if (item.list !== undefined) this.remove(item)
    this.#leaveLane(item)
  }

  /** Puts `item` in line unless it is in flight; an urgent one overtakes those that are not. */
  push(item: T, urgent: boolean): void {
    const lane = laneOf(item)
    if (item.list === this.inFlight || item.list === lane.urgent) return
    if (item.list === lane.refresh) {
      if (!urgent) return
      this.remove(item)
    }
    if (urgent) lane.urgent.push(item)
    else lane.refresh.push(item)
    this.#waiting += 1
    this.#active.add(lane)
  }

  /** Takes `item` out of the line. */
  remove(item: T): void {
    const lane = laneOf(item)
    item.list?.remove(item)
    this.#waiting -= 1
    if (lane.urgent.size + lane.refresh.size === 0) this.#active.delete(lane)
  }

  /** The next item that may be read now; it is in flight until {@link release}. */
  take(nowMs: number): T | undefined {
    if (this.#waiting === 0) return undefined
    return this.#takeFrom('urgent', nowMs) ?? this.#takeFrom('refresh', nowMs)
  }

  /** The item's read has ended, or is given up; `isSlow` where that says something about its quota. */
  release(item: T, { isSlow }: { readonly isSlow?: boolean } = {}): void {
    const lane = laneOf(item)
    this.inFlight.remove(item)
    this.#fly(lane, -1)
    if (isSlow === undefined) return
    this.#paces[lane.pace] -= lane.inFlight
    lane.pace = isSlow ? 'slow' : 'quick'
    this.#paces[lane.pace] += lane.inFlight
  }

  /** When {@link take} is worth trying again without a {@link release} before; Infinity if never. */
  readyAtMs(nowMs: number): number {
    let readyMs = Infinity
    for (const lane of this.#active) {
      if (this.#hasPlace(lane)) readyMs = Math.min(readyMs, lane.bucket.readyAtMs(nowMs))
    }
    return readyMs
  }

  #takeFrom(kind: 'urgent' | 'refresh', nowMs: number): T | undefined {
    for (const lane of this.#active) {
      const item = lane[kind].first
      if (item === undefined || !this.#hasPlace(lane) || !lane.bucket.tryTake(nowMs)) continue
      this.remove(item)
      if (this.#active.size > 1 && this.#active.delete(lane)) this.#active.add(lane)
      this.#fly(lane, 1)
      this.inFlight.push(item)
      return item
    }
    return undefined
  }

  #hasPlace(lane: Lane<T>): boolean {
    const max = this.#maxInFlight
    if (lane.inFlight >= max - this.inFlight.size) return false
    if (lane.pace === 'quick') return true
    const { unknown, slow } = this.#paces
    if (unknown + slow >= max - Math.floor(max / 5)) return false
    return lane.pace === 'unknown' || slow < Math.max(1, Math.floor(max / 4))
  }

  #fly(lane: Lane<T>, by: 1 | -1): void {
    lane.inFlight += by
    this.#paces[lane.pace] += by
  }

  #newLane(key: string, quota: Quota): Lane<T> {
    const bucket = this.#rateLimits.bucket(quota)
    const lane: Lane<T> = {
      key,
      quota,
      bucket,
      urgent: new Fifo(),
      refresh: new Fifo(),
      inFlight: 0,
      members: 0,
      pace: 'unknown',
    }
    this.#lanes.set(key, lane)
    return lane
  }

  #leaveLane(item: T): void {
    const lane = item.lane
    if (lane === undefined) return
    item.lane = undefined
    lane.members -= 1
    if (lane.members > 0) return
    this.#lanes.delete(lane.key)
    this.#rateLimits.release(lane.quota)
  }
}

function laneOf<T extends QueueItem<T>>(item: T): Lane<T> {
  if (item.lane === undefined) throw new Error('the item has entered no lane')
  return item.lane
}
