import { expect, it } from 'vitest'
import type { ResourceKey, SyncResource } from '../model/resource.ts'
import { resourceOf, specOf } from '../testing/fixtures.ts'
import { StoreChanges } from './store-changes.ts'

/** Store changes of `count` resources in namespace `busy` and one in `quiet`. */
function start(count: number, announce: (changes: StoreChanges) => void) {
  const names = Array.from({ length: count }, (_, index) => `busy/r${index}`)
  const spec = specOf({ data: [{ key: 'app/db', name: 'password' }] })
  const states = new Map<ResourceKey, { resource: SyncResource; isHealthy: boolean }>(
    [...names, 'quiet/web'].map((key) => {
      const [namespace = '', name = ''] = key.split('/')
      return [key, { resource: resourceOf(spec, { namespace, name }), isHealthy: true }]
    }),
  )
  const announced: ResourceKey[] = []
  const queued: ResourceKey[] = []
  const changes: StoreChanges = new StoreChanges({
    states,
    reconciler: {
      announce: (key) => {
        announced.push(key)
        announce(changes)
        return 1
      },
    },
    pool: { retryFailed: () => undefined },
    queue: { add: (key) => void queued.push(key) },
    isStarted: () => true,
  })
  return { changes, announced, queued }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('queues the resources of a store while another store changes constantly', async () => {
  let isConstant = true
  const { changes, queued } = start(300, (all) => all.add(({ namespace }) => isConstant && namespace === 'busy'))
  changes.add(() => true)
  for (let turn = 0; turn < 500 && !queued.includes('quiet/web'); turn += 1) await nextTurn()
  expect(queued).toContain('quiet/web')
  // Otherwise it would take half of the time of the next tests.
  isConstant = false
  while (changes.isBusy) await nextTurn()
})

it('plans the reads of all resources, each once, before it queues the first', async () => {
  const { changes, announced, queued } = start(2_500, () => expect(queued).toEqual([]))
  changes.add(() => true)
  while (changes.isBusy) await nextTurn()
  expect([announced.length, new Set(queued).size, queued.length]).toEqual([2_501, 2_501, 2_501])
})

it('ends a turn of the event loop after 10 ms', async () => {
  const { changes, announced } = start(20, () => {
    const endMs = performance.now() + 5
    while (performance.now() < endMs);
  })
  changes.add(() => true)
  expect(announced.length).toBeLessThanOrEqual(3)
  while (changes.isBusy) await nextTurn()
  expect(announced).toHaveLength(21)
})
