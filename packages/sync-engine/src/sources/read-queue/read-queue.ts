import type { Quota } from '@ack-secret-manager/core'
import { BatchGroup } from './batch-group.ts'
import { namespaceOf } from '../../model/resource.ts'
import { Fifo } from './fifo.ts'
import type { ReadBudget } from '../../model/source-reading.ts'
import { ReadBudgets } from './read-budget.ts'
import { type AimdTokenBucket, quotaKey, type RateLimits } from './rate-limit.ts'
import { ReadTurns, type TurnItem } from './read-turns.ts'
import { type LatencyClass, ReadSlots } from './read-slots.ts'
import { averageAfter, slotsFor } from './slots.ts'
import { WaitingLine } from './waiting-line.ts'

/** The queued and running reads of one quota. */
export interface QuotaQueue<T extends QueueItem<T>> {
  readonly key: string
  readonly quota: Quota
  readonly bucket: AimdTokenBucket
  readonly turns: ReadTurns<T>
  inFlight: number
  members: number
  latency: LatencyClass
  /** Moving average of the duration of calls; undefined before the first one. */
  averageMs: number | undefined
}

/** A longer read counts as slow. Shorter than the connection timeout of backends. */
const SLOW_MS = 2_000
/** A call that several items share. It occupies one slot. */
interface SharedCall<T extends QueueItem<T>> {
  readonly quotaQueue: QuotaQueue<T>
  readonly slotGroup: string
  /** Items whose read has not ended. */
  left: number
}

/** Which items share a call, and what it costs. */
export interface CallShare<T> {
  /** Maximum number of items, the first included. */
  readonly max: number
  /** Items with equal keys do not share a call, and an item without a key shares none. */
  readonly keyOf: (item: T) => string | undefined
  /** Tokens of a call with this many items. One item takes one. */
  readonly tokens: (count: number) => number
}

/** An item of a {@link ReadQueue}: waiting, in flight, or neither. */
export interface QueueItem<T extends QueueItem<T>> extends TurnItem<T> {
  quotaQueue: QuotaQueue<T> | undefined
  /** The call in flight that the item shares. */
  call?: SharedCall<T> | undefined
  /** While it is in flight: whose slot it has, see {@link ReadSlots}. */
  slotGroup?: string
  /** While it waits: items of one group may share a call. */
  batchGroup?: string | undefined
  /** The resources whose turn a read may take: those that wait for it, or else all that read the item. */
  readers(): Iterable<string>
}

/** Readers of one item that are compared, so that a secret with thousands of readers costs no more than others. */
const MAX_COMPARED_READERS = 100

/**
 * Selects the next read within the limits of tokens and slots. Quotas take turns, then the namespaces of a quota, then the
 * resources of a namespace, so that a resource with hundreds of secrets does not delay small ones. Within a namespace, reads
 * that a sync waits for go first. Each source is queued at most once.
 *
 * {@link ReadSlots} are divided between quotas and between namespaces. No quota uses more slots than its rate needs at the observed duration of its calls (Little's law: calls in flight = rate × duration).
 *
 * A store may have its own limit, within that of its quota. {@link ReadTurns} decides which namespace gets its tokens.
 */
export class ReadQueue<T extends QueueItem<T>> {
  /** In order of start, hence of deadline. */
  readonly inFlight = new Fifo<T>()
  readonly #rateLimits: RateLimits
  readonly #slots: ReadSlots
  readonly #groupOf: (item: T) => string | undefined
  /** Waiting items that may share a call. */
  readonly #groups = new Map<string, BatchGroup<T>>()
  readonly #quotaQueues = new Map<string, QuotaQueue<T>>()
  /** Quotas with waiting items; the one served last comes last. */
  readonly #active = new Set<QuotaQueue<T>>()
  readonly #budgets = new ReadBudgets()
  /** New budgets of waiting items. They apply after the next read, so that a change does not cost an item its turn. */
  readonly #nextBudgets = new Map<T, ReadBudget | undefined>()
  #waiting = 0

  /** @param options.groupOf items with equal groups may share a call @default none */
  constructor(options: { rateLimits: RateLimits; maxInFlight: number; groupOf?: (item: T) => string | undefined }) {
    this.#rateLimits = options.rateLimits
    this.#slots = new ReadSlots(options.maxInFlight)
    this.#groupOf = options.groupOf ?? (() => undefined)
  }

  get waiting(): number {
    return this.#waiting
  }

  isWaiting(item: T): boolean {
    return item.list !== undefined && item.list !== this.inFlight
  }

  /** Number of items that wait only for the limit of their store. */
  waitingForBudget(nowMs: number): number {
    let count = 0
    for (const { turns } of this.#active) {
      for (const { store, size } of turns.waiting()) if (this.#budgets.readyAtMs(store, nowMs) > nowMs) count += size
    }
    return count
  }

  /** Assigns `item` to a quota and a store limit. A queued or running read moves with it. */
  enter(item: T, quota: Quota, budget?: ReadBudget): void {
    const key = quotaKey(quota)
    if (item.quotaQueue?.key === key) return this.#changeBudget(item, budget)
    const wasUrgent = isUrgent(item)
    const wasWaiting = this.isWaiting(item)
    // A shared call keeps its slot.
    const wasInFlight = item.list === this.inFlight && item.call === undefined
    if (wasWaiting) this.remove(item)
    if (wasInFlight) this.#countInFlight(quotaQueueOf(item), -1)
    this.#changeBudget(item, budget)
    this.#changeQuotaQueue(item, key, quota)
    if (wasInFlight) this.#countInFlight(quotaQueueOf(item), 1)
    if (wasWaiting) this.push(item, wasUrgent)
  }

  /** Removes `item` in any state. */
  leave(item: T): void {
    if (item.list === this.inFlight) this.release(item)
    else if (item.list !== undefined) this.remove(item)
    this.#changeBudget(item, undefined)
    this.#leaveQuotaQueue(item)
  }

  /**
   * Queues `item` unless it is in flight. It takes the turn of the least busy reader, so that no reader can delay a secret for the
   * others. A waiting item is queued again if it becomes urgent, or if it waits behind other reads and a reader has none.
   */
  push(item: T, urgent: boolean): void {
    const quotaQueue = quotaQueueOf(item)
    if (item.list === this.inFlight || (isUrgent(item) && !urgent)) return
    const reader = this.#leastBusyReader(item)
    if (item.list !== undefined) {
      const isRaised = urgent && !isUrgent(item)
      if (!isRaised && !this.#isSooner(item, reader)) return
      this.remove(item)
    }
    item.reader = reader
    quotaQueue.turns.push(item, urgent)
    this.#joinGroup(item, urgent)
    this.#waiting += 1
    this.#active.add(quotaQueue)
  }

  /** A reader of `item` has left: the item must not wait behind the other reads of that reader's namespace. */
  readerLeft(item: T, reader: string): void {
    if (item.reader !== reader || !this.isWaiting(item)) return
    if (quotaQueueOf(item).turns.sizeAround(item, reader) === 1) return
    this.#requeue(item)
  }

  /** Removes a queued `item`. */
  remove(item: T): void {
    this.#remove(item, false)
  }

  /** The next item that may be read now; it is in flight until {@link release}. */
  take(nowMs: number): T | undefined {
    this.#budgets.prune(nowMs)
    const isReady = (store: string): boolean => this.#budgets.readyAtMs(store, nowMs) <= nowMs
    for (const quotaQueue of this.#active) {
      if (!this.#hasSlot(quotaQueue, nowMs) || quotaQueue.bucket.readyAtMs(nowMs) > nowMs) continue
      const item = quotaQueue.turns.first(isReady, this.#mayServe(quotaQueue))
      if (item === undefined) continue
      quotaQueue.bucket.tryTake(nowMs)
      if (item.budget) this.#budgets.take(item.budget, nowMs)
      this.#remove(item, true)
      if (this.#active.size > 1 && this.#active.delete(quotaQueue)) this.#active.add(quotaQueue)
      item.slotGroup = this.#slots.take(namespaceOf(item.reader), quotaQueue)
      this.#countInFlight(quotaQueue, 1)
      this.inFlight.push(item)
      return item
    }
    return undefined
  }

  /**
   * Further items for the call of `first`, which {@link take} has returned. They take tokens and the limits of their stores, but no slot.
   * Each is in flight until {@link release}.
   */
  takeMore(first: T, nowMs: number, { max, keyOf, tokens }: CallShare<T>): readonly T[] {
    const quotaQueue = quotaQueueOf(first)
    const keyOfFirst = keyOf(first)
    if (keyOfFirst === undefined) return []
    const keys = new Set([keyOfFirst])
    const more: T[] = []
    for (const item of this.#groups.get(this.#groupOf(first) ?? '')?.candidates(2 * max) ?? []) {
      if (more.length + 1 >= max) break
      const key = keyOf(item)
      if (key === undefined || keys.has(key) || item.quotaQueue !== quotaQueue) continue
      if (this.#budgets.readyAtMs(item.budget?.store, nowMs) > nowMs) continue
      const extra = tokens(more.length + 2) - tokens(more.length + 1)
      if (extra > 0 && !quotaQueue.bucket.tryTake(nowMs, extra)) break
      if (item.budget) this.#budgets.take(item.budget, nowMs)
      keys.add(key)
      more.push(item)
    }
    if (more.length === 0) return more
    const call = { quotaQueue, slotGroup: first.slotGroup ?? '', left: more.length + 1 }
    first.call = call
    for (const item of more) {
      this.#remove(item, true)
      item.call = call
      this.inFlight.push(item)
    }
    return more
  }

  /** The read of `item` ended or was aborted; `durationMs` is undefined if that says nothing about its quota. */
  release(item: T, { durationMs }: { readonly durationMs?: number } = {}): void {
    const quotaQueue = quotaQueueOf(item)
    this.inFlight.remove(item)
    const { call } = item
    item.call = undefined
    if (call !== undefined) call.left -= 1
    if (call === undefined || call.left === 0) {
      this.#countInFlight(call?.quotaQueue ?? quotaQueue, -1)
      this.#slots.free(call?.slotGroup ?? item.slotGroup ?? '')
    }
    if (durationMs === undefined) return
    quotaQueue.averageMs = averageAfter(quotaQueue.averageMs, durationMs)
    this.#slots.count(quotaQueue.latency, -quotaQueue.inFlight)
    quotaQueue.latency = durationMs >= SLOW_MS ? 'slow' : 'quick'
    this.#slots.count(quotaQueue.latency, quotaQueue.inFlight)
  }

  /** When {@link take} can succeed without a {@link release} before; Infinity if never. */
  readyAtMs(nowMs: number): number {
    let readyMs = Infinity
    for (const quotaQueue of this.#active) {
      if (!this.#hasSlot(quotaQueue, nowMs)) continue
      const quotaMs = quotaQueue.bucket.readyAtMs(nowMs)
      for (const { store } of quotaQueue.turns.waiting(this.#mayServe(quotaQueue))) {
        if (readyMs <= quotaMs) break
        readyMs = Math.min(readyMs, Math.max(quotaMs, this.#budgets.readyAtMs(store, nowMs)))
      }
    }
    return readyMs
  }

  #mayServe(quotaQueue: QuotaQueue<T>): (namespace: string) => boolean {
    return (namespace) => this.#slots.mayTake(namespace, quotaQueue)
  }

  #leastBusyReader(item: T): string {
    const { turns } = quotaQueueOf(item)
    let [least, leastSize, leastLine, compared] = [item.reader, Infinity, Infinity, 0]
    for (const reader of item.readers()) {
      const [size, line] = [turns.sizeAround(item, reader), turns.sizeOfLine(item, reader)]
      const isLess = size < leastSize || (size === leastSize && line < leastLine)
      if (isLess) [least, leastSize, leastLine] = [reader, size, line]
      compared += 1
      if (size === 0 || compared === MAX_COMPARED_READERS) break
    }
    return least
  }

  /** Whether a waiting `item` would be read sooner for `reader`, regardless of reads that are queued later. */
  #isSooner(item: T, reader: string): boolean {
    const { turns } = quotaQueueOf(item)
    if (turns.sizeAround(item, reader) === 0) return turns.sizeAround(item, item.reader) > 1
    if (namespaceOf(reader) !== namespaceOf(item.reader)) return false
    return turns.sizeOfLine(item, reader) === 0 && turns.sizeOfLine(item, item.reader) > 1
  }

  #requeue(item: T): void {
    const wasUrgent = isUrgent(item)
    this.remove(item)
    this.push(item, wasUrgent)
  }

  #remove(item: T, isServed: boolean): void {
    const quotaQueue = quotaQueueOf(item)
    this.#leaveGroup(item)
    quotaQueue.turns.remove(item, { isUrgent: isUrgent(item), isServed })
    this.#waiting -= 1
    if (quotaQueue.turns.size === 0) this.#active.delete(quotaQueue)
    if (!this.#nextBudgets.has(item)) return
    const budget = this.#nextBudgets.get(item)
    this.#nextBudgets.delete(item)
    this.#setBudget(item, budget)
  }

  #joinGroup(item: T, urgent: boolean): void {
    const key = this.#groupOf(item)
    if (key === undefined) return
    const group = this.#groups.get(key) ?? new BatchGroup<T>()
    this.#groups.set(key, group)
    group.push(item, urgent)
    item.batchGroup = key
  }

  #leaveGroup(item: T): void {
    const key = item.batchGroup
    if (key === undefined) return
    item.batchGroup = undefined
    const group = this.#groups.get(key)
    group?.remove(item, isUrgent(item))
    if (group?.isEmpty === true) this.#groups.delete(key)
  }

  #changeBudget(item: T, budget: ReadBudget | undefined): void {
    const isOfAnotherStore = item.budget?.store !== budget?.store
    if (this.isWaiting(item) && isOfAnotherStore) {
      this.#nextBudgets.set(item, budget)
      // Without a limit there is nothing to wait for.
      if (budget === undefined) this.#requeue(item)
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

  #hasSlot(quotaQueue: QuotaQueue<T>, nowMs: number): boolean {
    const useful = slotsFor(quotaQueue.bucket.perSecond(nowMs), quotaQueue.averageMs)
    return quotaQueue.inFlight < useful && this.#slots.hasFree(quotaQueue)
  }

  #countInFlight(quotaQueue: QuotaQueue<T>, by: 1 | -1): void {
    this.#slots.count(quotaQueue.latency, by)
    quotaQueue.inFlight += by
  }

  #changeQuotaQueue(item: T, key: string, quota: Quota): void {
    this.#leaveQuotaQueue(item)
    const quotaQueue = this.#quotaQueues.get(key) ?? this.#newQuotaQueue(key, quota)
    quotaQueue.members += 1
    item.quotaQueue = quotaQueue
  }

  #newQuotaQueue(key: string, quota: Quota): QuotaQueue<T> {
    const bucket = this.#rateLimits.bucket(quota)
    const quotaQueue: QuotaQueue<T> = {
      key,
      quota,
      bucket,
      turns: new ReadTurns(),
      inFlight: 0,
      members: 0,
      latency: 'unknown',
      averageMs: undefined,
    }
    this.#quotaQueues.set(key, quotaQueue)
    return quotaQueue
  }

  #leaveQuotaQueue(item: T): void {
    const quotaQueue = item.quotaQueue
    if (quotaQueue === undefined) return
    item.quotaQueue = undefined
    quotaQueue.members -= 1
    if (quotaQueue.members > 0) return
    this.#quotaQueues.delete(quotaQueue.key)
    this.#rateLimits.release(quotaQueue.quota)
  }
}

function quotaQueueOf<T extends QueueItem<T>>(item: T): QuotaQueue<T> {
  if (item.quotaQueue === undefined) throw new Error('the item is in no quota queue')
  return item.quotaQueue
}

function isUrgent<T extends QueueItem<T>>({ list }: T): boolean {
  return list instanceof WaitingLine && list.isUrgent
}
