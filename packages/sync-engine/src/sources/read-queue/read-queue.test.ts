import { describe, expect, it } from 'vitest'
import { Fifo } from './fifo.ts'
import type { ReadBudget } from '../../model/source-reading.ts'
import { RateLimits } from './rate-limit.ts'
import { type QuotaQueue, type QueueItem, ReadQueue } from './read-queue.ts'

class Item implements QueueItem<Item> {
  list: Fifo<Item> | undefined
  previous: Item | undefined
  next: Item | undefined
  quotaQueue: QuotaQueue<Item> | undefined
  budget: ReadBudget | undefined
  readonly name: string
  reader: string
  waiting: string[]

  constructor(name: string, reader: string) {
    this.name = name
    this.reader = reader
    this.waiting = [reader]
  }

  readers(): Iterable<string> {
    return this.waiting
  }
}

function queueOf(options: { maxInFlight?: number; qps?: number } = {}): {
  queue: ReadQueue<Item>
  item: (name: string, account?: string, reader?: string) => Item
  takeAll: (nowMs?: number) => string[]
} {
  const queue = new ReadQueue<Item>({
    rateLimits: new RateLimits({ qps: options.qps ?? 0 }),
    maxInFlight: options.maxInFlight ?? 1_000,
  })
  return {
    queue,
    item: (name, account = 'a', reader = 'shop/web') => {
      const item = new Item(name, reader)
      queue.enter(item, { account, region: 'r' })
      return item
    },
    takeAll: (nowMs = 0) => {
      const taken: string[] = []
      for (let item = queue.take(nowMs); item; item = queue.take(nowMs)) taken.push(item.name)
      return taken
    },
  }
}

describe('a shared call', () => {
  it.each([
    ['with keys', ['a', 'b', 'c'], ['b', 'c']],
    ['without one: it shares none', ['a', undefined, 'c'], ['c']],
    ['without one at first: nothing joins it', [undefined, 'b', 'c'], []],
    ['with equal ones', ['a', 'a', 'c'], ['c']],
  ])('takes items %s', (_which, keys, expected) => {
    const queue = new ReadQueue<Item>({
      rateLimits: new RateLimits({ qps: 0 }),
      maxInFlight: 10,
      groupOf: () => 'connection',
    })
    const keyOf = new Map(keys.map((key, index) => [new Item(key ?? `${index}`, 'shop/web'), key]))
    for (const item of keyOf.keys()) {
      queue.enter(item, { account: 'a', region: 'r' })
      queue.push(item, false)
    }
    const first = queue.take(0) as Item
    const more = queue.takeMore(first, 0, { max: 3, keyOf: (item) => keyOf.get(item), tokens: (count) => count })
    expect(more.map(({ name }) => name)).toEqual(expected)
    expect(queue.waiting).toBe(2 - expected.length)
  })

  it('takes as many items of a store as its limit allows, and none of another quota', () => {
    const queue = new ReadQueue<Item>({
      rateLimits: new RateLimits({ qps: 0 }),
      maxInFlight: 10,
      groupOf: () => 'connection',
    })
    // A burst of two.
    const budget = { store: 'shop/kms', isShared: false, maxPerSecond: 16 }
    const add = (name: string, region: string, isLimited: boolean): void => {
      const item = new Item(name, 'shop/web')
      queue.enter(item, { account: 'a', region }, isLimited ? budget : undefined)
      queue.push(item, false)
    }
    add('first', 'r', false)
    for (const name of ['a', 'b', 'c', 'd']) add(name, 'r', true)
    add('elsewhere', 'another region', false)
    add('free', 'r', false)
    const first = queue.take(0) as Item
    const more = queue.takeMore(first, 0, { max: 10, keyOf: ({ name }) => name, tokens: (count) => count })
    expect([first, ...more].map(({ name }) => name)).toEqual(['first', 'a', 'b', 'free'])
  })
})

describe('ReadQueue', () => {
  it('takes urgent reads first, in order of arrival', () => {
    const { queue, item, takeAll } = queueOf()
    queue.push(item('refresh 1'), false)
    queue.push(item('urgent 1'), true)
    queue.push(item('refresh 2'), false)
    queue.push(item('urgent 2'), true)
    expect(queue.waiting).toBe(4)
    expect(takeAll()).toEqual(['urgent 1', 'urgent 2', 'refresh 1', 'refresh 2'])
    expect(queue.waiting).toBe(0)
  })

  it.each([
    ['a resource', 'shop/many', 'shop/few'],
    ['a namespace', 'many/a', 'few/a'],
  ])('does not let %s with many reads delay one with a few', (_what, many, few) => {
    const { queue, item, takeAll } = queueOf()
    for (const isUrgent of [true, false]) {
      for (let index = 0; index < 3; index += 1) queue.push(item(`many ${index}`, 'a', many), isUrgent)
      queue.push(item('few', 'a', few), isUrgent)
      expect(takeAll()).toEqual(['many 0', 'few', 'many 1', 'many 2'])
    }
    expect(queue.waiting).toBe(0)
  })

  it('does not let a namespace with many resources or urgent reads delay another one', () => {
    const { queue, item, takeAll } = queueOf()
    for (let index = 0; index < 3; index += 1) queue.push(item(`many ${index}`, 'a', `many/${index}`), true)
    queue.push(item('few', 'a', 'few/a'), false)
    expect(takeAll()).toEqual(['many 0', 'few', 'many 1', 'many 2'])
  })

  it('gives an urgent read the turn of the resource that waits for it', () => {
    const { queue, item, takeAll } = queueOf()
    const shared = item('shared', 'a', 'many/a')
    for (let index = 0; index < 3; index += 1) queue.push(item(`many ${index}`, 'a', 'many/a'), false)
    queue.push(shared, false)
    shared.waiting = ['few/a']
    queue.push(shared, true)
    expect([takeAll(), shared.reader]).toEqual([['many 0', 'shared', 'many 1', 'many 2'], 'few/a'])
  })

  it('queues a secret for the reader with the fewest reads before it', () => {
    const { queue, item, takeAll } = queueOf()
    for (let index = 0; index < 3; index += 1) queue.push(item(`many ${index}`, 'a', 'many/a'), true)
    queue.push(item('some', 'a', 'some/a'), true)
    for (const isUrgent of [true, false]) {
      const shared = item(`shared, urgent ${isUrgent}`)
      shared.waiting = ['many/a', 'some/a', `free-${isUrgent}/a`]
      queue.push(shared, isUrgent)
      expect(shared.reader).toBe(`free-${isUrgent}/a`)
    }
    expect(takeAll().slice(0, 4)).toEqual(['many 0', 'some', 'shared, urgent true', 'shared, urgent false'])
  })

  it('moves a waiting secret only to a reader that has no read before it', () => {
    const { queue, item, takeAll } = queueOf()
    for (let index = 0; index < 3; index += 1) queue.push(item(`many ${index}`, 'a', 'many/a'), true)
    queue.push(item('some', 'a', 'some/a'), true)
    const shared = item('shared', 'a', 'many/b')
    queue.push(shared, true)
    shared.waiting.push('some/b')
    queue.push(shared, true)
    expect(shared.reader).toBe('many/b')
    shared.waiting.push('free/a')
    queue.push(shared, true)
    expect([shared.reader, queue.waiting]).toEqual(['free/a', 5])
    shared.waiting.push('free/b', 'empty/a')
    queue.push(shared, true)
    expect(shared.reader).toBe('free/a')
    expect(takeAll()).toEqual(['many 0', 'some', 'shared', 'many 1', 'many 2'])
  })

  it('queues a secret for the resource of a namespace with the fewest reads before it', () => {
    for (const isUrgent of [true, false]) {
      const { queue, item, takeAll } = queueOf()
      for (let index = 0; index < 3; index += 1) queue.push(item(`many ${index}`, 'a', 'shop/many'), isUrgent)
      const shared = item('shared')
      shared.waiting = ['shop/many', 'shop/few']
      queue.push(shared, isUrgent)
      expect(takeAll()).toEqual(['many 0', 'shared', 'many 1', 'many 2'])
    }
  })

  it('moves a waiting secret to a resource of the same namespace that has no read before it', () => {
    const { queue, item, takeAll } = queueOf()
    for (let index = 0; index < 3; index += 1) queue.push(item(`many ${index}`, 'a', 'shop/many'), true)
    const shared = item('shared', 'a', 'shop/many')
    queue.push(shared, true)
    shared.waiting.push('shop/few')
    queue.push(shared, true)
    expect(takeAll()).toEqual(['many 0', 'shared', 'many 1', 'many 2'])
  })

  it('reads a secret in time while one of its readers is added and removed repeatedly', () => {
    const { queue, item } = queueOf({ qps: 10 })
    for (let index = 0; index < 20; index += 1)
      for (let read = 0; read < 20; read += 1) queue.push(item('other', 'a', `busy-${index}/a`), true)
    const shared = item('shared', 'a', 'busy-0/b')
    queue.push(shared, true)
    const taken: string[] = []
    for (let nowMs = 0; nowMs < 5_000 && !taken.includes('shared'); nowMs += 100) {
      shared.waiting = ['busy-0/b', 'flapping/a']
      queue.push(shared, true)
      shared.waiting = ['busy-0/b']
      queue.readerLeft(shared, 'flapping/a')
      for (let next = queue.take(nowMs); next; next = queue.take(nowMs)) taken.push(next.name)
    }
    expect(taken).toContain('shared')
  })

  it('compares a limited number of readers', () => {
    const { queue, item } = queueOf()
    queue.push(item('other', 'a', 'busy/a'), true)
    const shared = item('shared')
    let compared = 0
    shared.readers = function* () {
      for (;;) {
        compared += 1
        yield 'busy/a'
      }
    }
    queue.push(shared, true)
    expect([shared.reader, compared]).toEqual(['busy/a', 100])
  })

  it('has each item once, and moves it only when it becomes urgent', () => {
    const { queue, item, takeAll } = queueOf()
    const [a, b] = [item('a'), item('b')]
    queue.push(a, false)
    queue.push(b, false)
    queue.push(b, true)
    queue.push(b, true)
    queue.push(b, false)
    queue.push(a, false)
    expect(takeAll()).toEqual(['b', 'a'])
    queue.push(a, true)
    expect([queue.waiting, queue.isWaiting(a)]).toEqual([0, false])
    queue.release(a)
    queue.push(a, true)
    expect([queue.waiting, queue.isWaiting(a)]).toEqual([1, true])
  })

  it('leaves slots to others, and never blocks a quota without reads in flight', () => {
    const { queue, item, takeAll } = queueOf({ maxInFlight: 12 })
    for (let index = 0; index < 20; index += 1) queue.push(item('slow', 'slow', 'slow/web'), true)
    expect(takeAll()).toHaveLength(4)
    for (let index = 0; index < 20; index += 1) queue.push(item('slower', 'slower', 'slower/web'), true)
    expect(takeAll()).toHaveLength(2)
    queue.push(item('fine', 'fine'), false)
    expect(takeAll()).toEqual(['fine'])
    expect(queue.inFlight.size).toBe(7)
    expect(queue.readyAtMs(0)).toBe(Infinity)
  })

  /** Times at which reads of a quota with responses in 20 ms end within 100 s, while reads of the other quotas take 10 s. */
  function fineReads(
    hanging: number,
    { isKnown, reader }: { readonly isKnown: boolean; readonly reader: string },
  ): number[] {
    const { queue, item } = queueOf({ maxInFlight: 20 })
    const fine = Array.from({ length: 40 }, () => item('fine', 'fine'))
    if (isKnown) {
      for (const one of fine) queue.push(one, true)
      for (let next = queue.take(0); next; next = queue.take(0)) queue.release(next, { durationMs: 5 })
    }
    const others = Array.from({ length: hanging * 40 }, (_, index) => item('slow', `hangs ${index % hanging}`, reader))
    for (const one of [...others, ...fine]) queue.push(one, true)
    const ends: number[] = []
    let underWay: Array<{ item: Item; endMs: number }> = []
    for (let nowMs = 0; nowMs < 100_000; nowMs += 10) {
      for (const { item: ended } of underWay.filter(({ endMs }) => endMs <= nowMs)) {
        queue.release(ended, { durationMs: ended.name === 'slow' ? 3_000 : 5 })
        queue.push(ended, true)
        if (ended.name === 'fine') ends.push(nowMs)
      }
      underWay = underWay.filter(({ endMs }) => endMs > nowMs)
      for (let next = queue.take(nowMs); next; next = queue.take(nowMs)) {
        underWay.push({ item: next, endMs: nowMs + (next.name === 'slow' ? 10_000 : 20) })
      }
    }
    return ends
  }

  it.each([1, 19, 64])('keeps slots for a responding quota when %i others begin to hang', (hanging) => {
    const ends = fineReads(hanging, { isKnown: true, reader: 'shop/web' })
    // Alone it gets half of the free slots: of four slots at the start and of fifteen at the end, at 50 reads per second each.
    expect(ends.filter((atMs) => atMs < 10_000).length).toBeGreaterThanOrEqual(950)
    expect(ends.filter((atMs) => atMs >= 90_000).length).toBeGreaterThanOrEqual(3_400)
  })

  it('serves a new quota after 64 others have hung once', () => {
    const ends = fineReads(64, { isKnown: false, reader: 'hostile/web' })
    expect(ends[0]).toBeLessThanOrEqual(50_000)
    expect(ends.filter((atMs) => atMs >= 90_000).length).toBeGreaterThanOrEqual(3_400)
  })

  it.each([
    [1, 'whose quotas respond', 15],
    [5, 'whose quotas respond', 5],
    [1, 'with new quotas', 8],
    [5, 'with new quotas', 1],
  ])('leaves slots to a namespace next to %i %s', (hostile, which, least) => {
    const { queue, item, takeAll } = queueOf({ maxInFlight: 60 })
    const readers = Array.from({ length: hostile }, (_, index) => `hostile-${index}/web`)
    const items = readers.flatMap((reader) =>
      Array.from({ length: 300 }, (_, index) => item('hostile', `${reader} ${index % 30}`, reader)),
    )
    const rounds = which === 'whose quotas respond' ? 150 : 0
    for (let round = 0; round < rounds; round += 1) {
      for (const one of items) queue.push(one, true)
      takeAll()
      for (const one of items) if (one.list === queue.inFlight) queue.release(one, { durationMs: 5 })
    }
    for (const one of items) queue.push(one, true)
    for (let index = 0; index < 60; index += 1) queue.push(item('fine', 'fine', 'fine/web'), true)
    const fine = takeAll().filter((name) => name === 'fine')
    expect(fine.length).toBeGreaterThanOrEqual(least)
    expect(queue.readyAtMs(0)).toBe(Infinity)
  })

  it('restores the share of a hanging quota as soon as it responds', () => {
    const { queue, item, takeAll } = queueOf({ maxInFlight: 20 })
    const items = Array.from({ length: 40 }, (_, index) => item(`${index}`))
    for (const one of items) queue.push(one, true)
    expect(takeAll()).toHaveLength(6)
    for (const one of items.slice(0, 6)) queue.release(one, { durationMs: 3_000 })
    expect(takeAll()).toHaveLength(5)
    const [ended] = items.slice(6, 11)
    if (ended) queue.release(ended, { durationMs: 5 })
    expect(takeAll()).toHaveLength(6)
    expect(queue.inFlight.size).toBe(10)
  })

  it('uses the only slot', () => {
    const { queue, item, takeAll } = queueOf({ maxInFlight: 1 })
    const first = item('first')
    queue.push(first, false)
    queue.push(item('second'), false)
    expect(takeAll()).toEqual(['first'])
    queue.release(first)
    expect(takeAll()).toEqual(['second'])
  })

  it('lets quotas take turns', () => {
    const { queue, item, takeAll } = queueOf()
    for (const account of ['x', 'y', 'z'])
      for (const name of [1, 2]) queue.push(item(`${account}${name}`, account), false)
    expect(takeAll()).toEqual(['x1', 'y1', 'z1', 'x2', 'y2', 'z2'])
  })

  it('waits for tokens of one quota without delaying another', () => {
    const { queue, item, takeAll } = queueOf({ qps: 2 })
    for (const name of ['a1', 'a2', 'a3']) queue.push(item(name), true)
    expect(takeAll(0)).toEqual(['a1'])
    queue.push(item('b1', 'b'), false)
    expect(takeAll(0)).toEqual(['b1'])
    expect(queue.readyAtMs(0)).toBe(500)
    expect([takeAll(499), takeAll(500), takeAll(1_000)]).toEqual([[], ['a2'], ['a3']])
    expect(queue.readyAtMs(1_000)).toBe(Infinity)
  })

  it('moves a queued or running item to its new quota', () => {
    const { queue, item, takeAll } = queueOf({ maxInFlight: 4 })
    const [flying, urgent, idle] = [item('flying'), item('urgent'), item('idle')]
    queue.push(flying, false)
    expect(takeAll()).toEqual(['flying'])
    queue.push(item('refresh', 'b'), false)
    queue.push(urgent, true)
    for (const moved of [flying, urgent, idle]) queue.enter(moved, { account: 'b', region: 'r' })
    expect(flying.quotaQueue?.inFlight).toBe(1)
    expect(takeAll()).toEqual(['urgent'])
    queue.release(flying)
    expect(takeAll()).toEqual(['refresh'])
  })

  it('removes an item in any state', () => {
    const { queue, item, takeAll } = queueOf()
    const [flying, waiting, idle] = [item('flying'), item('waiting'), item('idle')]
    queue.push(flying, false)
    takeAll()
    queue.push(waiting, true)
    for (const gone of [flying, waiting, idle]) queue.leave(gone)
    expect([queue.inFlight.size, queue.waiting, takeAll(), queue.readyAtMs(0)]).toEqual([0, 0, [], Infinity])
  })

  it('drops a quota with its last item', () => {
    const { queue, item } = queueOf()
    const first = item('first')
    const { quotaQueue } = first
    expect(item('second').quotaQueue).toBe(quotaQueue)
    queue.leave(first)
    const third = item('third')
    expect(third.quotaQueue).toBe(quotaQueue)
    queue.enter(third, { account: 'b', region: 'r' })
    const alone = third.quotaQueue
    queue.leave(third)
    expect(item('fourth', 'b').quotaQueue).not.toBe(alone)
  })
})

it('Fifo rejects operations that would break its links', () => {
  const [list, other] = [new Fifo<Item>(), new Fifo<Item>()]
  const item = new Item('a', 'g')
  list.push(item)
  expect(() => other.push(item)).toThrow('already in a list')
  expect(() => other.remove(item)).toThrow('not in this list')
  list.remove(item)
  expect([list.size, list.first]).toEqual([0, undefined])
})

describe('a store with a limit of reads per second', () => {
  const budget = (maxPerSecond = 2, store = 'shared'): ReadBudget => ({ store, isShared: true, maxPerSecond })
  const limited = (
    queue: ReadQueue<Item>,
    name: string,
    {
      of = budget(),
      namespace = 'shop',
      account = 'a',
    }: { of?: ReadBudget; namespace?: string; account?: string } = {},
  ): Item => {
    const item = new Item(name, `${namespace}/web`)
    queue.enter(item, { account, region: 'r' }, of)
    return item
  }
  /** Number of reads taken within each of these seconds. */
  const perSecond = (queue: ReadQueue<Item>, seconds: number): string[][] =>
    Array.from({ length: seconds }, (_, second) => {
      const taken: string[] = []
      for (let nowMs = second * 1_000; nowMs < (second + 1) * 1_000; nowMs += 50) {
        for (let item = queue.take(nowMs); item; item = queue.take(nowMs)) taken.push(item.name)
      }
      return taken
    })

  it('never exceeds its limit, and does not delay other stores of the account', () => {
    const { queue, item } = queueOf()
    for (let index = 0; index < 10; index += 1) queue.push(limited(queue, `limited ${index}`), true)
    for (let index = 0; index < 10; index += 1) queue.push(item(`free ${index}`), false)
    const seconds = perSecond(queue, 3)
    expect(seconds[0]?.filter((name) => name.startsWith('free'))).toHaveLength(10)
    expect(seconds.map((names) => names.filter((name) => name.startsWith('limited')).length)).toEqual([2, 2, 2])
  })

  it('has one limit for all its accounts and endpoints', () => {
    const { queue } = queueOf()
    for (let index = 0; index < 10; index += 1)
      queue.push(limited(queue, `${index}`, { account: index % 2 === 0 ? 'a' : 'b' }), false)
    expect(perSecond(queue, 3).map((names) => names.length)).toEqual([2, 2, 2])
  })

  it('lets its namespaces take turns, even if one has more or urgent reads', () => {
    const { queue } = queueOf()
    for (let index = 0; index < 100; index += 1)
      queue.push(limited(queue, `many ${index}`, { namespace: 'many' }), true)
    for (let index = 0; index < 3; index += 1) queue.push(limited(queue, `few ${index}`, { namespace: 'few' }), false)
    expect(perSecond(queue, 3).flat()).toEqual(['many 0', 'few 0', 'many 1', 'few 1', 'many 2', 'few 2'])
  })

  it('reads urgent secrets first within a namespace', () => {
    const { queue } = queueOf()
    const [routine, waited] = [limited(queue, 'routine'), limited(queue, 'waited for')]
    queue.push(routine, false)
    queue.push(waited, false)
    queue.push(waited, true)
    expect([queue.waiting, perSecond(queue, 1).flat()]).toEqual([2, ['waited for', 'routine']])
  })

  it('is within the limit of its account', () => {
    const { queue } = queueOf({ qps: 1 })
    for (let index = 0; index < 10; index += 1) queue.push(limited(queue, `${index}`, { of: budget(100) }), false)
    expect(perSecond(queue, 3).map((names) => names.length)).toEqual([1, 1, 1])
  })

  it('returns when the next read is allowed, and how many wait', () => {
    const { queue } = queueOf()
    for (let index = 0; index < 3; index += 1) queue.push(limited(queue, `${index}`), false)
    expect([queue.readyAtMs(0), queue.waitingForBudget(0), queue.take(0)?.name]).toEqual([0, 0, '0'])
    expect([queue.readyAtMs(0), queue.waitingForBudget(0), queue.take(0)]).toEqual([500, 2, undefined])
  })

  it('can change or lose its limit while reads wait or are in flight', () => {
    const { queue } = queueOf()
    const items = Array.from({ length: 6 }, (_, index) => limited(queue, `${index}`, { of: budget(1) }))
    for (const each of items) queue.push(each, false)
    expect(queue.take(0)?.name).toBe('0')
    for (const each of items) queue.enter(each, { account: 'a', region: 'r' }, budget(4))
    expect(perSecond(queue, 1).flat()).toHaveLength(4)
    for (const each of items) queue.enter(each, { account: 'a', region: 'r' })
    expect([queue.take(1_000)?.name, queue.waiting, queue.waitingForBudget(1_000)]).toEqual(['5', 0, 0])
    for (const each of items) queue.leave(each)
    expect(queue.inFlight.size).toBe(0)
  })

  it.each([1, 1_000_000])('takes turns with reads without a store limit, at %i per second', (maxPerSecond) => {
    const { queue, item } = queueOf({ qps: 10 })
    for (let index = 0; index < 100; index += 1) {
      queue.push(limited(queue, `limited ${index}`, { of: budget(maxPerSecond), namespace: 'evil' }), true)
      queue.push(item(`free ${index}`, 'a', 'free/web'), true)
    }
    const names = perSecond(queue, 4).flat()
    expect(names.filter((name) => name.startsWith('limited'))).toHaveLength(maxPerSecond === 1 ? 4 : 20)
    expect(names.filter((name) => name.startsWith('free'))).toHaveLength(maxPerSecond === 1 ? 36 : 20)
  })

  it('uses the turns of its namespace unless namespaces share it, so that creating stores gains none', () => {
    const { queue, item } = queueOf({ qps: 10 })
    for (let index = 0; index < 100; index += 1) {
      const of = { store: `own ${index % 50}`, isShared: false, maxPerSecond: 1_000 }
      queue.push(limited(queue, `own ${index}`, { of, namespace: 'evil' }), true)
      queue.push(item(`free ${index}`, 'a', 'free/web'), true)
    }
    expect(
      perSecond(queue, 4)
        .flat()
        .filter((name) => name.startsWith('free')),
    ).toHaveLength(20)
  })

  it('reads urgent secrets of its namespace first, regardless of the number of stores', () => {
    const { queue } = queueOf({ qps: 10 })
    const own = (index: number): ReadBudget => ({ store: `own ${index}`, isShared: false, maxPerSecond: 1_000 })
    for (let index = 0; index < 50; index += 1)
      queue.push(limited(queue, `refresh ${index}`, { of: own(index) }), false)
    for (let index = 0; index < 5; index += 1) queue.push(limited(queue, `urgent ${index}`, { of: own(0) }), true)
    expect(
      perSecond(queue, 1)
        .flat()
        .filter((name) => name.startsWith('urgent')),
    ).toHaveLength(5)
  })

  it('gets the turns of all its namespaces', () => {
    const { queue, item } = queueOf({ qps: 11 })
    for (let read = 0; read < 10; read += 1) {
      for (let index = 0; index < 10; index += 1)
        queue.push(limited(queue, 'limited', { of: budget(1_000), namespace: `many-${index}` }), true)
      queue.push(item('free', 'a', 'free/web'), true)
    }
    const names = perSecond(queue, 4).flat()
    expect(names.length).toBeGreaterThanOrEqual(40)
    expect(names.filter((name) => name === 'free')).toHaveLength(Math.floor(names.length / 11))
  })

  it('can lose its limit while reads wait for it', () => {
    const { queue } = queueOf()
    const items = Array.from({ length: 10 }, (_, index) => limited(queue, `${index}`, { of: budget(1) }))
    for (const each of items) queue.push(each, false)
    expect(perSecond(queue, 1).flat()).toEqual(['0'])
    for (const each of items) queue.enter(each, { account: 'a', region: 'r' })
    expect([queue.waitingForBudget(1_000), queue.readyAtMs(1_000)]).toEqual([0, 1_000])
    expect(perSecond(queue, 1).flat()).toHaveLength(9)
  })

  it('gives its tokens to its namespaces in turn, regardless of their other reads', () => {
    const { queue, item } = queueOf()
    for (let index = 0; index < 10; index += 1) {
      queue.push(limited(queue, `many ${index}`, { namespace: 'many' }), true)
      queue.push(limited(queue, `few ${index}`, { namespace: 'few' }), false)
    }
    const names: string[] = []
    for (let nowMs = 0; nowMs < 4_000; nowMs += 50) {
      queue.push(item(`elsewhere ${nowMs}`, 'a', 'few/web'), true)
      for (let next = queue.take(nowMs); next; next = queue.take(nowMs)) names.push(next.name)
    }
    expect(names.filter((name) => name.startsWith('few'))).toHaveLength(4)
    expect(names.filter((name) => name.startsWith('many'))).toHaveLength(4)
  })

  it('does not delay other stores of the same resource', () => {
    const { queue } = queueOf()
    for (let index = 0; index < 3; index += 1) queue.push(limited(queue, `slow ${index}`, { of: budget(1) }), true)
    queue.push(limited(queue, 'other', { of: budget(1, 'other') }), true)
    expect([queue.take(0)?.name, queue.take(0)?.name, queue.take(0)]).toEqual(['slow 0', 'other', undefined])
  })

  it('keeps the turn of a read whose store changes while it waits', () => {
    const { queue } = queueOf()
    const [first, second] = [limited(queue, 'first'), limited(queue, 'second')]
    for (const each of [first, second]) queue.push(each, true)
    const others = { store: 'another', isShared: true, maxPerSecond: 1 }
    for (const store of [others, budget(), others]) queue.enter(first, { account: 'a', region: 'r' }, store)
    for (const store of [others, budget(4)]) queue.enter(second, { account: 'a', region: 'r' }, store)
    expect([queue.take(0)?.name, first.budget]).toEqual(['first', others])
    expect([queue.take(1_000)?.name, second.budget]).toEqual(['second', budget(4)])
    for (const each of [first, second]) queue.leave(each)
    expect([queue.waiting, first.budget]).toEqual([0, undefined])
  })
})
