import { SecretSyncError, sleep } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SECRET_STORE_OPTIONS } from '../../testing/controller-options.ts'
import { SecretStoreController, type SecretStoreControllerOptions } from './secret-store-controller.ts'

const LOOK_MS = 5_000

/** An API server with these stores (`namespace/name`) and without further changes. */
function clientWith(keys: readonly string[]): SecretStoreControllerOptions['client'] {
  const items = keys.map((key) => {
    const [namespace = '', name = ''] = key.split('/')
    return { metadata: { namespace, name, uid: key, generation: 1, resourceVersion: '1' }, spec: { KMS: {} } }
  })
  return {
    list: async () => ({ metadata: { resourceVersion: '1' }, items: items as never[] }),
    stream: ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
    mergePatch: () => Promise.reject(new Error('no replica leads')),
  }
}

describe('SecretStoreController', () => {
  let clock: ManualClock
  let stop: AbortController
  let looked: string[]
  let running: Promise<void>
  let controller: SecretStoreController

  beforeEach(() => {
    clock = new ManualClock()
    stop = new AbortController()
    looked = []
    running = Promise.resolve()
  })
  afterEach(async () => {
    stop.abort()
    await clock.advance(0)
    await running
  })

  /** Runs with stores that never become ready; each reconcile takes a while. */
  function start(keys: readonly string[], lookMs: number): void {
    const known = new Set<string>()
    controller = new SecretStoreController({
      ...SECRET_STORE_OPTIONS,
      client: clientWith(keys),
      stores: {
        upsert: async ({ metadata: { namespace, name } }, { signal }) => {
          known.add(`${namespace}/${name}`)
          await sleep(lookMs, { clock, signal })
          looked.push(`${namespace}/${name}`)
          return { ready: false, error: new SecretSyncError('Timeout', 'no response') }
        },
        refuse: () => undefined,
        remove: () => undefined,
        sourcesOf: () => ({ secrets: [], serviceAccounts: [], tokenFiles: [] }),
        leadsTo: (namespace, name) => (known.has(`${namespace}/${name}`) ? 'nowhere' : undefined),
      },
      reachability: () => undefined,
      clock,
      mayWrite: () => false,
      mayRemoveFinalizers: () => true,
      onCached: () => undefined,
    })
    running = controller.run(stop.signal)
  }

  /** Duration of the initial sync, if it ends within ten minutes. */
  async function settledAfterMs(): Promise<number> {
    const settledMs = controller.initialSync(stop.signal).then(() => clock.monotonic())
    await clock.advance(600_000)
    return Promise.race([settledMs, Promise.resolve(Infinity)])
  }

  const storesOf = (namespace: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${namespace}/${index}`)

  it('completes the initial sync after each store was reconciled once, even if some hang', async () => {
    const keys = storesOf('tenant', 20)
    start(keys, LOOK_MS)
    expect(await settledAfterMs()).toBeLessThanOrEqual(30_000)
    expect(new Set(looked)).toEqual(new Set(keys))
  })

  it('limits the initial sync to 30 s', async () => {
    start(storesOf('tenant', 200), LOOK_MS)
    expect(await settledAfterMs()).toBeLessThanOrEqual(30_000)
  })

  it('completes the initial sync at once without stores', async () => {
    start([], LOOK_MS)
    await expect(controller.initialSync(stop.signal)).resolves.toBeUndefined()
  })

  it('stops waiting when it is closed', async () => {
    start(storesOf('tenant', 1), LOOK_MS)
    const settled = controller.initialSync(stop.signal)
    await clock.advance(1_000)
    stop.abort()
    await expect(settled).resolves.toBeUndefined()
  })

  it('reconciles a store of a small namespace before the many of another', async () => {
    start([...storesOf('tenant', 50), 'victim/kms'], LOOK_MS)
    await clock.advance(3 * LOOK_MS)
    expect(looked).toContain('victim/kms')
  })
})
