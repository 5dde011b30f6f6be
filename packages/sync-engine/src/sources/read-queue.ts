import { FairFifo, type Grouped } from './fair-fifo.ts'
import { Fifo } from './fifo.ts'
import { BudgetLine, type ReadBudget, ReadBudgets } from './read-budget.ts'
import { type AimdTokenBucket, type Quota, quotaKey, type RateLimits } from './rate-limit.ts'
import { WaitingLine } from './waiting-line.ts'

/** How the latest read of a quota ended; `unknown` before the first end. */
type Pace = 'unknown' | 'quick' | 'slow'

/** What waits or is being read on one quota. */
export interface Lane<T extends QueueItem<T>> {
  readonly key: string
  readonly quota: Quota
  readonly bucket: AimdTokenBucket
  /** Reads that somebody waits for. */
  readonly urgent: FairFifo<T>
  /** Reads that nobody waits for. */
  readonly refresh: FairFifo<T>
  /** Reads of stores with a limit of their own, by store. */
  readonly budgets: Map<string, BudgetLine<T>>
  waiting: number
  inFlight: number
  members: number
  pace: Pace
}

/** An item of a {@link ReadQueue}: waiting, in flight, or neither. */
export interface QueueItem<T extends QueueItem<T>> extends Grouped<T> {
  lane: Lane<T> | undefined
  /** Of its store, where that has a limit of its own. */
  budget: ReadBudget | undefined
  /** Counts reads in order of arrival. */
  arrival: number
}

/**
 * Which read comes next: those that somebody waits for first, as tokens and places allow. Groups of a lane take turns, so that a
 * resource with hundreds of secrets does not hold up one with a few. Every item is in it once, so it is never longer than there are sources.
 *
 * A lane may use as many places as are left free (dynamic threshold: one lane gets half, two get a third each). That alone
 * would let many quotas whose endpoints hang take all places, and anybody can name endpoints: those whose latest read was slow
 * have a quarter of the places between them, and a fifth is kept for those whose latest read was quick.
 *
 * A store may have a limit of its own, within that of its lane. Its reads overtake nothing that came earlier; its namespaces take turns.
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
  #waiting = 0
  #arrivals = 0

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
    for (const { budgets } of this.#active.values()) {
      for (const line of budgets.values()) {
        const budget = line.next?.item.budget
        if (budget && this.#budgets.bucketOf(budget).readyAtMs(nowMs) > nowMs) count += line.size
      }
    }
    return count
  }

  /** Assigns `item` to the lane of `quota`, and to the limit of its store, along with what it is doing there. */
  enter(item: T, quota: Quota, budget?: ReadBudget): void {
    const key = quotaKey(quota)
    if (item.lane?.key === key && isSame(item.budget, budget)) return
    const wasUrgent = isUrgent(item)
    const wasWaiting = this.isWaiting(item)
    const wasInFlight = item.list === this.inFlight
    if (wasWaiting) this.remove(item)
    if (wasInFlight) this.#fly(laneOf(item), -1)
    const former = item.budget
    if (budget) this.#budgets.join(budget)
    if (former) this.#budgets.leave(former)
    item.budget = budget
    if (item.lane?.key !== key) this.#changeLane(item, key, quota)
    if (wasInFlight) this.#fly(laneOf(item), 1)
    if (wasWaiting) this.push(item, wasUrgent)
  }

  /** Forgets `item`, whatever it is doing. */
  leave(item: T): void {
    if (item.list === this.inFlight) this.release(item)
    else if (item.list !== undefined) this.remove(item)
    if (item.budget) this.#budgets.leave(item.budget)
    item.budget = undefined
    this.#leaveLane(item)
  }

  /** Puts `item` in line unless it is in flight; an urgent one overtakes those that are not. */
  push(item: T, urgent: boolean): void {
    const lane = laneOf(item)
    if (item.list === this.inFlight || isUrgent(item)) return
    if (item.list !== undefined) {
      if (!urgent) return
      this.remove(item)
    }
    if (item.budget) this.#budgetLine(lane, item.budget).push(item, item.budget.namespace, urgent)
    else lane[urgent ? 'urgent' : 'refresh'].push(item)
    item.arrival = this.#arrivals += 1
    lane.waiting += 1
    this.#waiting += 1
    this.#active.add(lane)
  }

  /** Takes `item` out of the line. */
  remove(item: T): void {
    this.#remove(item, false)
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
      if (!this.#hasPlace(lane)) continue
      const budgetMs = this.#budgetReadyAtMs(lane, nowMs)
      if (budgetMs !== Infinity) readyMs = Math.min(readyMs, Math.max(budgetMs, lane.bucket.readyAtMs(nowMs)))
    }
    return readyMs
  }

  #budgetReadyAtMs({ urgent, refresh, budgets }: Lane<T>, nowMs: number): number {
    if (urgent.size + refresh.size > 0) return nowMs
    let readyMs = Infinity
    for (const line of budgets.values()) {
      const budget = line.next?.item.budget
      if (budget) readyMs = Math.min(readyMs, this.#budgets.bucketOf(budget).readyAtMs(nowMs))
    }
    return readyMs
  }

  #takeFrom(kind: 'urgent' | 'refresh', nowMs: number): T | undefined {
    for (const lane of this.#active) {
      const item = this.#firstOf(lane, kind, nowMs)
      if (item === undefined || !this.#hasPlace(lane) || !lane.bucket.tryTake(nowMs)) continue
      if (item.budget) this.#budgets.bucketOf(item.budget).tryTake(nowMs)
      this.#remove(item, true)
      if (this.#active.size > 1 && this.#active.delete(lane)) this.#active.add(lane)
      this.#fly(lane, 1)
      this.inFlight.push(item)
      return item
    }
    return undefined
  }

  /** The earliest of those that their store lets go now. */
  #firstOf(lane: Lane<T>, kind: 'urgent' | 'refresh', nowMs: number): T | undefined {
    let { first } = lane[kind]
    if (lane.budgets.size === 0) return first
    for (const line of lane.budgets.values()) {
      const { next } = line
      if (next === undefined || next.isUrgent !== (kind === 'urgent')) continue
      const { item } = next
      if (first !== undefined && first.arrival < item.arrival) continue
      if (item.budget && this.#budgets.bucketOf(item.budget).readyAtMs(nowMs) > nowMs) continue
      first = item
    }
    return first
  }

  #remove(item: T, isServed: boolean): void {
    const lane = laneOf(item)
    const line = item.budget && lane.budgets.get(item.budget.store)
    if (line && item.budget) {
      line.remove(item, item.budget.namespace, { isServed })
      if (line.size === 0) lane.budgets.delete(item.budget.store)
    } else lane[isUrgent(item) ? 'urgent' : 'refresh'].remove(item, { isServed })
    lane.waiting -= 1
    this.#waiting -= 1
    if (lane.waiting === 0) this.#active.delete(lane)
  }

  #budgetLine(lane: Lane<T>, { store }: ReadBudget): BudgetLine<T> {
    const line = lane.budgets.get(store) ?? new BudgetLine<T>()
    lane.budgets.set(store, line)
    return line
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
      urgent: new FairFifo(true),
      refresh: new FairFifo(false),
      budgets: new Map(),
      waiting: 0,
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

function isSame(one: ReadBudget | undefined, other: ReadBudget | undefined): boolean {
  return one?.store === other?.store && one?.namespace === other?.namespace && one?.maxPerSecond === other?.maxPerSecond
}
