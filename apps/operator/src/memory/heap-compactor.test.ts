import { expect, it } from 'vitest'
import { fullGarbageCollector, HeapCompactor } from './heap-compactor.ts'

it('collects once after many syncs, when the engine is idle', async () => {
  let collections = 0
  const idle = Promise.withResolvers<void>()
  const compactor = new HeapCompactor({ idle: () => idle.promise, collect: () => (collections += 1), minSyncs: 3 })
  for (let sync = 0; sync < 2; sync += 1) compactor.synced()
  await Promise.resolve()
  expect(collections).toBe(0)
  for (let sync = 0; sync < 5; sync += 1) compactor.synced()
  await Promise.resolve()
  expect(collections).toBe(0)
  idle.resolve()
  await idle.promise
  await Promise.resolve()
  expect(collections).toBe(1)
  for (let sync = 0; sync < 3; sync += 1) compactor.synced()
  await Promise.resolve()
  await Promise.resolve()
  expect(collections).toBe(2)
})

it('frees what nothing refers to', async () => {
  const collect = fullGarbageCollector()
  const garbage = new WeakRef({ bytes: Buffer.alloc(1_000) })
  // A WeakRef keeps its target until the end of the turn.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  expect(garbage.deref()).toBeUndefined()
})
