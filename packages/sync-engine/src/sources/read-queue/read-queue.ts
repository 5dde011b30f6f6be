import { Fifo } from './fifo.ts'
import { NamespaceTurns, type TurnItem } from './namespace-turns.ts'
import { type ReadBudget, ReadBudgets } from './read-budget.ts'
import { type AimdTokenBucket, type Quota, quotaKey, type RateLimits } from './rate-limit.ts'
import { WaitingLine } from './waiting-line.ts'

/** How the latest read of a quota ended; `unknown` before the first end. */
type Pace = 'unknown' | 'quick' | 'slow'

/** What waits or is being read on one quota. */
export interface Lane<T extends QueueItem<T>> {
  readonly key: string
  readonly quota: Quota
  readonly bucket: AimdTokenBucket
  readonly turns: NamespaceTurns<T>
  inFlight: number
  members: number
  pace: Pace
}

/** An item of a {@link ReadQueue}: waiting, in flight, or neither. */
export interface QueueItem<T extends QueueItem<T>> extends TurnItem<T> {
  lane: Lane<T> | undefined
}

/**
 * Which read comes next, as tokens and places allow. Lanes take turns, and the namespaces of a lane, and the resources of a namespace: a
 * resource with hundreds of secrets does not hold up one with a few. Within a namespace those that a sync waits for go first. Every
 * item is in it once, so it is never longer than there are sources.
 *
 * A lane may use as many places as are left free (dynamic threshold: one lane gets half, two get a third each). That alone
 * would let many quotas whose endpoints hang take all places, and anybody can name endpoints: those whose latest read was slow
 * have a quarter of the places between them, and a fifth is kept for those whose latest read was quick.
 *
 * A store may have a limit of its own, within that of its lane. Its reads keep their turns, and are passed over until it allows them.
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
  readonly #budgets = new ReadBudgets()
  /** Budgets of items that wait: they count from the next read on, because a change must not cost an item its turn. */
  readonly #nextBudgets = new Map<T, ReadBudget | undefined>()
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

  /** How many wait for the reads per second of their store, and for nothing else. */
  waitingForBudget(nowMs: number): number {
    let count = 0
    for (const { turns } of this.#active) {
      for (const { first, size } of turns.lines()) if (!this.#isAllowed(first, nowMs)) count += size
    }
    return count
  }

  /** Assigns `item` to the lane of `quota`, and to the limit of its store, along with what it is doing there. */
  enter(item: T, quota: Quota, budget?: ReadBudget): void {
    const key = quotaKey(quota)
    if (item.lane?.key === key) return this.#changeBudget(item, budget)
    const wasUrgent = isUrgent(item)
    const wasWaiting = this.isWaiting(item)
    const wasInFlight = item.list === this.inFlight
    if (wasWaiting) this.remove(item)
    if (wasInFlight) this.#fly(laneOf(item), -1)
    this.#changeBudget(item, budget)
    this.#changeLane(item, key, quota)
    if (wasInFlight) this.#fly(laneOf(item), 1)
    if (wasWaiting) this.push(item, wasUrgent)
  }

  /** Forgets `item`, whatever it is doing. */
  leave(item: T): void {
    if (item.list === this.inFlight) this.release(item)
    else if (item.list !== undefined) this.remove(item)
    this.#changeBudget(item, undefined)
    this.#leaveLane(item)
  }

  /**
   * Puts `item` in line unless it is in flight, for `reader`; an urgent one leaves the line of those that are not. One that waits
   * as it is wanted keeps its turn.
   */
  push(item: T, urgent: boolean, reader: string = item.reader): void {
    const lane = laneOf(item)
    if (item.list === this.inFlight || isUrgent(item)) return
    if (item.list !== undefined) {
      if (!urgent) return
      this.remove(item)
    }
    item.reader = reader
    lane.turns.push(item, urgent)
    this.#waiting += 1
    this.#active.add(lane)
  }

  /** Takes `item` out of the line. */
  remove(item: T): void {
    this.#remove(item, false)
  }

  /** The next item that may be read now; it is in flight until {@link release}. */
  take(nowMs: number): T | undefined {
    for (const lane of this.#active) {
      if (!this.#hasPlace(lane) || lane.bucket.readyAtMs(nowMs) > nowMs) continue
      const item = this.#nextOf(lane, nowMs)
      if (item === undefined) continue
      lane.bucket.tryTake(nowMs)
      if (item.budget) this.#budgets.take(item.budget, nowMs)
      this.#remove(item, true)
      if (this.#active.size > 1 && this.#active.delete(lane)) this.#active.add(lane)
      this.#fly(lane, 1)
      this.inFlight.push(item)
      return item
    }
    return undefined
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
      if (!this.#hasPlace(lane)) continue
      const laneMs = lane.bucket.readyAtMs(nowMs)
      for (const { first } of lane.turns.lines()) {
        if (readyMs <= laneMs) break
        readyMs = Math.min(readyMs, Math.max(laneMs, this.#budgets.readyAtMs(first?.budget, nowMs)))
      }
    }
    return readyMs
  }

  #nextOf({ turns }: Lane<T>, nowMs: number): T | undefined {
    for (const { first } of turns.lines()) if (this.#isAllowed(first, nowMs)) return first
    return undefined
  }

  #isAllowed(item: T | undefined, nowMs: number): boolean {
    return this.#budgets.readyAtMs(item?.budget, nowMs) <= nowMs
  }

  #remove(item: T, isServed: boolean): void {
    const lane = laneOf(item)
    lane.turns.remove(item, { isUrgent: isUrgent(item), isServed })
    this.#waiting -= 1
    if (lane.turns.size === 0) this.#active.delete(lane)
    if (!this.#nextBudgets.has(item)) return
    const budget = this.#nextBudgets.get(item)
    this.#nextBudgets.delete(item)
    this.#setBudget(item, budget)
  }

  #changeBudget(item: T, budget: ReadBudget | undefined): void {
    const isOfAnotherStore = item.budget?.store !== budget?.store
    if (this.isWaiting(item) && isOfAnotherStore) {
      this.#nextBudgets.set(item, budget)
      return
    }
    this.#nextBudgets.delete(item)
    if (isOfAnotherStore || item.budget?.maxPerSecond !== budget?.maxPerSecond) this.#setBudget(item, budget)
  }

  #setBudget(item: T, budget: ReadBudget | undefined): void {
    const former = item.budget
    if (budget) this.#budgets.join(budget)
    if (former) this.#budgets.leave(former)
    item.budget = budget
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

  #changeLane(item: T, key: string, quota: Quota): void {
    this.#leaveLane(item)
    const lane = this.#lanes.get(key) ?? this.#newLane(key, quota)
    lane.members += 1
    item.lane = lane
  }

  #newLane(key: string, quota: Quota): Lane<T> {
    const bucket = this.#rateLimits.bucket(quota)
    const lane: Lane<T> = {
      key,
      quota,
      bucket,
      turns: new NamespaceTurns(),
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

function isUrgent<T extends QueueItem<T>>({ list }: T): boolean {
  return list instanceof WaitingLine && list.isUrgent
}
