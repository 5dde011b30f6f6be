import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { fullGarbageCollector, HeapCompactor } from './heap-compactor.ts'

it('collects after a thousand syncs, when the engine is idle, and at most half a percent of the time', async () => {
  const manual = new ManualClock()
  let collectingMs = 0
  const clock = { monotonic: () => manual.monotonic() + collectingMs }
  let collections = 0
  let idle = Promise.withResolvers<void>()
  const collect = (): void => {
    collections += 1
    collectingMs += 300
  }
  const compactor = new HeapCompactor({ clock, idle: () => idle.promise, collect })
  const sync = async (times: number): Promise<number> => {
    for (let index = 0; index < times; index += 1) compactor.synced()
    await manual.advance(0)
    return collections
  }
  expect(await sync(5_000)).toBe(0)
  idle.resolve()
  expect(await sync(0)).toBe(1)
  await manual.advance(59_999)
  expect(await sync(5_000)).toBe(1)
  await manual.advance(1)
  idle = Promise.withResolvers()
  expect(await sync(1)).toBe(1)
  idle.resolve()
  expect(await sync(999)).toBe(2)
  await manual.advance(60_000)
  expect(await sync(0)).toBe(2)
})

it('does not collect after fewer syncs', async () => {
  const clock = new ManualClock()
  let collections = 0
  const compactor = new HeapCompactor({ clock, idle: () => Promise.resolve(), collect: () => (collections += 1) })
  for (let index = 0; index < 999; index += 1) compactor.synced()
  await clock.advance(0)
  expect(collections).toBe(0)
})

it('frees what nothing refers to', async () => {
  const collect = fullGarbageCollector()
  const garbage = new WeakRef({ bytes: Buffer.alloc(1_000) })
  // A WeakRef keeps its target until the end of the turn.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  expect(garbage.deref()).toBeUndefined()
})
