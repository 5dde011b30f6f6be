import {
  defined,
  type Hint,
  type HintBatch,
  type HintSource,
  type NoHintReason,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HintReceiver, type HintReceiverOptions } from './hint-receiver.ts'

type Step =
  | SecretSyncError
  | { readonly hints?: readonly (string | Hint)[]; readonly ignored?: readonly NoHintReason[] }

const WAIT_MS = 30_000
const unavailable = new SecretSyncError('Unavailable', 'the queue is away')

/** A source that returns prepared batches, then waits as a long poll does. */
class Queue implements HintSource {
  readonly description = 'a queue'
  readonly receivedMs: number[] = []
  confirmed = 0
  waitMs = WAIT_MS
  /** How long a receive with messages and its confirm take, each. */
  callMs = 0
  concurrent = 0
  maxConcurrent = 0
  readonly #clock: ManualClock
  readonly #steps: Step[] = []

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  give(...steps: readonly Step[]): void {
    this.#steps.push(...steps)
  }

  async receive({ signal }: { signal: AbortSignal }): Promise<HintBatch> {
    this.receivedMs.push(this.#clock.monotonic())
    this.concurrent += 1
    this.maxConcurrent = Math.max(this.maxConcurrent, this.concurrent)
    try {
      return await this.#deliver(signal)
    } finally {
      this.concurrent -= 1
    }
  }

  async #deliver(signal: AbortSignal): Promise<HintBatch> {
    const step = this.#steps.shift()
    if (step instanceof SecretSyncError) throw step
    const takesMs = step === undefined ? this.waitMs : this.callMs
    if (takesMs > 0) await this.#pass(takesMs, signal)
    const hints = (step?.hints ?? []).map((hint) => (typeof hint === 'string' ? { secretName: hint } : hint))
    return {
      hints,
      ignored: step?.ignored ?? [],
      confirm: async (confirming) => {
        if (this.callMs > 0) await this.#pass(this.callMs, confirming.signal)
        this.confirmed += 1
      },
    }
  }

  #pass(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(resolve, ms)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  close = async (): Promise<void> => undefined
}

function start(options: Partial<HintReceiverOptions> = {}) {
  const clock = new ManualClock()
  const queue = new Queue(clock)
  const hinted: Array<readonly [name: string, atMs: number]> = []
  const results: Record<string, number> = {}
  const ages: number[] = []
  const lives: boolean[] = []
  const failures: string[] = []
  const receiver = new HintReceiver({
    source: queue,
    isKnown: (name) => name.startsWith('db'),
    hint: (name) => void hinted.push([name, clock.monotonic()]),
    isLeading: () => true,
    maxPerSecond: 100,
    clock,
    random: () => 0,
    onResult: (result) => void (results[result] = (results[result] ?? 0) + 1),
    onAge: (ageMs) => void ages.push(ageMs),
    onLive: (isLive) => void lives.push(isLive),
    onFailure: (error) => void failures.push(error.code),
    ...options,
  })
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const run = (): Promise<void> => receiver.run(stop.signal)
  return { clock, queue, hinted, results, ages, lives, failures, receiver, run, stop }
}

const names = (count: number, prefix = 'db'): string[] => Array.from({ length: count }, (_, at) => `${prefix}-${at}`)

describe('hints', () => {
  it('request a read at once, and are confirmed', async () => {
    const { clock, queue, hinted, results, ages, run } = start()
    queue.give({ hints: [{ secretName: 'db', eventMs: clock.now() - 1_500 }, 'db/other'] })
    void run()
    await clock.advance(0)
    expect([hinted, results, ages, queue.confirmed]).toEqual([
      [
        ['db', 0],
        ['db/other', 0],
      ],
      { taken: 2 },
      [1_500],
      1,
    ])
  })

  it('about unused secrets, and messages that are not hints, are only counted and confirmed', async () => {
    const { clock, queue, hinted, results, run } = start()
    queue.give({ hints: names(3, 'x') }, { ignored: ['foreign', 'malformed', 'irrelevant', 'malformed'] })
    void run()
    await clock.advance(0)
    expect([hinted, results, queue.confirmed]).toEqual([[], { unknown: 3, foreign: 1, malformed: 2, irrelevant: 1 }, 2])
  })

  it('request a read whatever time the message names, because clocks differ and times have whole seconds', async () => {
    const { clock, queue, hinted, results, run } = start()
    const nowMs = clock.now()
    const times = [nowMs, nowMs, nowMs - 300_000, nowMs + 3_600_000, undefined]
    queue.give(...times.map((eventMs) => ({ hints: [{ secretName: 'db', ...defined({ eventMs }) }] })))
    void run()
    await clock.advance(0)
    expect([hinted.length, results]).toEqual([5, { taken: 5 }])
  })

  it('wait for their turn above the limit, once for each secret', async () => {
    const { clock, queue, hinted, results, run } = start({ maxPerSecond: 10 })
    queue.give({ hints: [...names(25), ...names(25)] })
    void run()
    await clock.advance(0)
    expect([hinted.length, results]).toEqual([10, { taken: 25, duplicate: 25 }])
    await clock.advance(1_000)
    expect(hinted.length).toBeGreaterThanOrEqual(18)
    await clock.advance(1_000)
    expect(new Set(hinted.map(([name]) => name)).size).toBe(25)
    const inWindow = hinted.map(([, fromMs]) => hinted.filter(([, ms]) => ms >= fromMs && ms < fromMs + 1_000).length)
    expect(Math.max(...inWindow)).toBeLessThanOrEqual(21)
  })

  it('are left to the next leader after a pause of the machine, and are neither taken nor confirmed', async () => {
    let isLeading = false
    const { clock, queue, hinted, results, run } = start({ isLeading: () => isLeading })
    queue.give({ hints: ['db-0'], ignored: ['foreign'] })
    void run()
    await clock.advance(1_000)
    expect([hinted, results, queue.confirmed]).toEqual([[], {}, 0])
    isLeading = true
    queue.give({ hints: ['db-1'] })
    await clock.advance(WAIT_MS)
    expect([hinted.map(([name]) => name), results, queue.confirmed]).toEqual([['db-1'], { taken: 1 }, 1])
  })

  it('stay in the queue while too many wait', async () => {
    const { clock, queue, run } = start({ maxPerSecond: 1 })
    queue.give({ hints: names(10_002) }, { hints: ['db'] })
    void run()
    await clock.advance(0)
    const received = queue.receivedMs.length
    await clock.advance(900)
    expect(queue.receivedMs.length).toBe(received)
    await clock.advance(3_000)
    expect(queue.receivedMs.length).toBeGreaterThan(received)
  })
})

describe('a backlog', () => {
  const backlog = (batches: number): Step[] => Array.from({ length: batches }, () => ({ hints: names(16, 'x') }))

  it('is received by four calls at the same time, and then by one again', async () => {
    const { clock, queue, results, run } = start()
    queue.callMs = 50
    queue.give(...backlog(40))
    void run()
    // One call after the other would take four seconds.
    await clock.advance(1_200)
    expect([results, queue.confirmed, queue.maxConcurrent]).toEqual([{ unknown: 640 }, 40, 4])
    const received = queue.receivedMs.length
    await clock.advance(2 * WAIT_MS)
    expect([queue.receivedMs.length - received, queue.concurrent]).toEqual([2, 1])
  })

  it('that never ends leaves time to other work', async () => {
    const { clock, queue, run } = start()
    queue.give(...backlog(1_000))
    void run()
    await clock.advance(1_000)
    expect(queue.confirmed).toBeLessThanOrEqual(204)
  })

  it('of single messages needs no concurrent call', async () => {
    const { clock, queue, run } = start()
    queue.callMs = 50
    queue.give(...names(10).map((name) => ({ hints: [name] })))
    void run()
    await clock.advance(2_000)
    expect([queue.confirmed, queue.maxConcurrent]).toEqual([10, 1])
  })

  it('whose receive fails is reported once, and no message is lost', async () => {
    const { clock, queue, results, failures, lives, run, stop } = start()
    queue.callMs = 50
    queue.give(...backlog(4), ...Array.from({ length: 4 }, () => unavailable), ...backlog(2))
    const running = run()
    await clock.advance(60_000)
    expect([results, new Set(failures), lives]).toEqual([
      { unknown: 96 },
      new Set(['Unavailable']),
      [true, false, true],
    ])
    stop.abort()
    await running
    expect(queue.concurrent).toBe(0)
  })
})

describe('a queue', () => {
  it('that is unavailable for ten minutes gets a dozen calls, and is received from within a minute after its return', async () => {
    const { clock, queue, hinted, lives, failures, receiver, run } = start()
    queue.give(...Array.from({ length: 15 }, () => unavailable))
    void run()
    await clock.advance(600_000)
    expect(failures.length).toBe(15)
    expect(receiver.isLive).toBe(false)
    queue.give({ hints: ['db'] })
    await clock.advance(60_000)
    expect([hinted.length, lives, receiver.isLive]).toEqual([1, [false, true], true])
  })

  it('may request a longer pause', async () => {
    const { clock, queue, run } = start()
    queue.give(new SecretSyncError('Throttled', 'slowly', { facts: { retryAfterMs: 120_000 } }))
    void run()
    await clock.advance(119_000)
    expect(queue.receivedMs).toEqual([0])
    await clock.advance(1_000)
    expect(queue.receivedMs).toEqual([0, 120_000])
  })

  it('that does not wait is called once a second', async () => {
    const { clock, queue, run } = start()
    queue.waitMs = 0
    void run()
    await clock.advance(10_000)
    expect(queue.receivedMs).toHaveLength(11)
  })

  it('may fail with any error, and the receiver continues', async () => {
    const { clock, queue, hinted, failures, run } = start()
    const receive = queue.receive.bind(queue)
    let isBroken = true
    queue.receive = (options) => {
      if (!isBroken) return receive(options)
      isBroken = false
      throw new TypeError('a defect')
    }
    queue.give({ hints: ['db'] })
    void run()
    await clock.advance(1_000)
    expect([failures, hinted.length]).toEqual([['Internal'], 1])
  })

  it('whose messages cannot be confirmed is tried again later, and its hints are taken', async () => {
    const { clock, queue, hinted, failures, lives, run } = start()
    const receive = queue.receive.bind(queue)
    queue.receive = async (options) => ({
      ...(await receive(options)),
      confirm: () => Promise.reject(unavailable),
    })
    queue.give({ hints: ['db'] })
    void run()
    await clock.advance(500)
    expect([hinted.length, failures, queue.receivedMs, lives]).toEqual([1, ['Unavailable'], [0], [false]])
  })

  it('is left at once when the leader stops, and waiting hints are dropped', async () => {
    const { clock, queue, hinted, run, stop } = start({ maxPerSecond: 1 })
    queue.give({ hints: names(5) })
    const running = run()
    await clock.advance(0)
    stop.abort()
    await running
    await clock.advance(60_000)
    expect([hinted.length, queue.receivedMs.length]).toEqual([1, 2])
  })
})
