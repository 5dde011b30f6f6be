import { ManualClock } from '@ack-secret-manager/core/testing'
import { PRIORITY } from '@ack-secret-manager/sync-engine'
import { expect, it } from 'vitest'
import { PushLanes } from './push-lanes.ts'

class Fixture {
  readonly clock = new ManualClock(0)
  readonly endpoints = new Map<string, string>()
  /** Keys in progress, with what ends them. */
  readonly running = new Map<string, () => void>()
  readonly started: string[] = []
  readonly overlaps: string[] = []
  readonly lanes = new PushLanes({
    process: (key) => {
      this.started.push(key)
      if (this.running.has(key)) this.overlaps.push(key)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.running.set(key, () => {
        this.running.delete(key)
        resolve()
      })
      return promise
    },
    endpointOf: (key) => this.endpoints.get(key) ?? '',
    onError: () => undefined,
    clock: this.clock,
    random: () => 0,
  })

  add(key: string, endpoint: string): void {
    this.endpoints.set(key, endpoint)
    this.lanes.add(key, PRIORITY.changed)
  }
}

it('lets endpoints that hang take no worker from another one', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (let endpoint = 0; endpoint < 30; endpoint += 1) {
    for (let each = 0; each < 10; each += 1) push.add(`ns-${each}/to-${endpoint}`, `hangs-${endpoint}`)
  }
  push.add('shop/web', 'works')
  await push.clock.advance(0)
  expect(push.running.has('shop/web')).toBe(true)
  expect([...push.running.keys()].filter((key) => key.endsWith('to-7'))).toHaveLength(4)
})

it('leaves half of the workers of an endpoint to other namespaces', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (let each = 0; each < 1_000; each += 1) push.add(`loud/${each}`, 'kms')
  await push.clock.advance(0)
  expect(push.running.size).toBe(2)
  push.add('quiet/web', 'kms')
  await push.clock.advance(0)
  expect(push.running.has('quiet/web')).toBe(true)
})

it('never processes a key twice at once, and moves it when its endpoint changes', async () => {
  const push = new Fixture()
  push.lanes.start()
  push.add('shop/web', 'former')
  await push.clock.advance(0)
  push.add('shop/web', 'new')
  push.lanes.addAfter('shop/web', 10, PRIORITY.routine)
  await push.clock.advance(20)
  expect(push.started).toEqual(['shop/web'])
  // Takes all workers of the former endpoint that its namespace may have.
  for (let each = 0; each < 4; each += 1) push.add(`shop/${each}`, 'former')
  push.running.get('shop/web')?.()
  await push.clock.advance(20)
  expect(push.started.filter((key) => key === 'shop/web')).toHaveLength(2)
  expect(push.overlaps).toEqual([])
})

it('waits for what runs when a key is dropped, and starts nothing after its end', async () => {
  const push = new Fixture()
  push.lanes.start()
  push.add('shop/web', 'kms')
  await push.clock.advance(0)
  let isDropped = false
  const dropped = push.lanes.drop('shop/web').then(() => (isDropped = true))
  await push.clock.advance(0)
  expect(isDropped).toBe(false)
  push.running.get('shop/web')?.()
  await dropped
  await push.lanes.close(0)
  push.add('shop/web', 'another')
  await push.clock.advance(1_000)
  expect(push.started).toEqual(['shop/web'])
})

it('shares one lane between the endpoints beyond a limit', async () => {
  const push = new Fixture()
  push.lanes.start()
  for (let endpoint = 0; endpoint < 100; endpoint += 1) push.add(`ns-${endpoint}/web`, `kms-${endpoint}`)
  await push.clock.advance(0)
  expect(push.running.size).toBe(64 + 4)
})
