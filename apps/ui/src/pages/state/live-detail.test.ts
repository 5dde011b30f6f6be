import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Detail, LiveDetail } from './live-detail.ts'

interface Part {
  readonly text: string
  readonly isWhole: boolean
  readonly isPolled?: boolean
}

const known = (text: string, isWhole = true): Detail<Part> => ({ state: 'known', value: { text, isWhole } })
const FAILED: Detail<Part> = { state: 'failed', message: 'no connection' }

let responses: Detail<Part>[]
let reads: AbortSignal[]
let readMs: number
let detail: LiveDetail<Part>

beforeEach(() => {
  vi.useFakeTimers()
  responses = [known('first')]
  reads = []
  readMs = 0
  detail = new LiveDetail<Part>({
    read: async (signal) => {
      reads.push(signal)
      const response = responses.length > 1 ? responses.shift() : responses[0]
      await new Promise((resolve) => setTimeout(resolve, readMs))
      return response ?? FAILED
    },
    isIncomplete: ({ isWhole }) => !isWhole,
    isPolled: ({ isPolled }) => isPolled === true,
  })
})

afterEach(() => {
  detail.close()
  vi.useRealTimers()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('a detail that changes', () => {
  it('is read once for changes that come together', async () => {
    detail.start()
    await pass(1_000)
    detail.refresh()
    await pass(100)
    detail.refresh()
    await pass(10_000)
    expect(reads).toHaveLength(2)
  })

  it('is read within the time also while changes go on without end', async () => {
    detail.start()
    await pass(1_000)
    for (let passed = 0; passed < 1_000; passed += 100) {
      detail.refresh()
      await pass(100)
    }
    expect(reads.length).toBeGreaterThanOrEqual(4)
  })

  it('is read again after a read that began before the change, which is not aborted', async () => {
    readMs = 5_000
    responses = [known('before'), known('after')]
    detail.start()
    await pass(1_000)
    detail.refresh()
    await pass(4_000)
    expect([reads.map(({ aborted }) => aborted), detail.value.peek()]).toEqual([[false], known('before')])
    await pass(5_250)
    expect([reads.length, detail.value.peek()]).toEqual([2, known('after')])
  })
})

it('is read at intervals if a part of it is not watched, and not otherwise', async () => {
  responses = [{ state: 'known', value: { text: 'a', isWhole: true, isPolled: true } }, known('b')]
  detail.start()
  await pass(14_000)
  expect(reads).toHaveLength(1)
  await pass(120_000)
  expect([reads.length, detail.value.peek()]).toEqual([2, known('b')])
})

describe('a detail that cannot be read', () => {
  it.each([
    ['as a whole', FAILED],
    ['in part', known('a part', false)],
  ])('%s is read again, later and later, until it can be', async (_what, response) => {
    responses = [response]
    detail.start()
    const counts: number[] = []
    for (const ms of [1_900, 200, 4_000, 8_000, 15_000, 15_000]) {
      await pass(ms)
      counts.push(reads.length)
    }
    expect(counts).toEqual([1, 2, 3, 4, 5, 6])
    responses = [known('all')]
    await pass(15_000)
    expect(detail.value.peek()).toEqual(known('all'))
    await pass(60_000)
    expect(reads).toHaveLength(7)
  })

  it('is read at once when the API server responds again', async () => {
    responses = [FAILED, FAILED, FAILED, known('all')]
    detail.start()
    await pass(7_000)
    detail.refresh()
    await pass(300)
    expect(detail.value.peek()).toEqual(known('all'))
  })

  it('keeps what was read before', async () => {
    responses = [known('first'), FAILED]
    detail.start()
    await pass(1_000)
    detail.refresh()
    await pass(1_000)
    expect([reads.length, detail.value.peek()]).toEqual([2, known('first')])
  })

  it('is not read after the page has left it', async () => {
    responses = [FAILED]
    detail.start()
    await pass(100)
    detail.close()
    detail.refresh()
    await pass(60_000)
    expect([reads.length, reads[0]?.aborted]).toEqual([1, true])
  })
})
