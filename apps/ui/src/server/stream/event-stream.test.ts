import { systemClock } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { DeltaLog } from './delta-log.ts'
import { eventStream } from './event-stream.ts'

const MIB = 1024 * 1024
const decoder = new TextDecoder()

function opened(lastEventId?: string) {
  let count = 0
  let ends = 0
  const log = new DeltaLog(() => [{ event: 'snapshot', data: { count } }])
  const stopping = new AbortController()
  const stream = eventStream({
    log,
    lastEventId,
    stopping: stopping.signal,
    clock: systemClock,
    onEnd: () => (ends += 1),
  })
  const reader = stream.getReader()
  return {
    log,
    stopping,
    reader,
    get ends() {
      return ends
    },
    add: (size = 0) => {
      count += 1
      log.append({ count, filler: 'x'.repeat(size) })
    },
    next: async (): Promise<string> => decoder.decode((await reader.read()).value),
  }
}

it('sends a snapshot, then each delta', async () => {
  const page = opened()
  expect(await page.next()).toBe('retry: 1000\n\n')
  expect(await page.next()).toContain('event: snapshot\ndata: {"count":0}')
  const next = page.next()
  page.add()
  expect(await next).toContain('event: delta\ndata: {"count":1')
})

it('holds one text for a slow page, and skips what it missed', async () => {
  const page = opened()
  await page.next()
  await page.next()
  // 100 MiB that the page does not take.
  for (let index = 0; index < 100; index += 1) page.add(MIB)
  expect(page.log.bytes).toBeLessThanOrEqual(4 * MIB)
  const text = await page.next()
  expect(text).toContain('event: snapshot\ndata: {"count":100}')
  expect(text.length).toBeLessThan(1_000)
})

it('joins the deltas that a page missed for a short time', async () => {
  const page = opened()
  await page.next()
  await page.next()
  page.add()
  page.add()
  const text = await page.next()
  expect(text.match(/^event: delta$/gm)).toHaveLength(2)
})

it('ends once: for a page that is closed, and with the server', async () => {
  const closed = opened()
  await closed.next()
  await closed.reader.cancel()
  closed.stopping.abort()
  expect(closed.ends).toBe(1)

  const stopped = opened()
  await stopped.next()
  await stopped.next()
  const last = stopped.next()
  stopped.stopping.abort()
  expect(await last).toBe('event: end\ndata: {}\n\n')
  expect((await stopped.reader.read()).done).toBe(true)
  expect(stopped.ends).toBe(1)
})
