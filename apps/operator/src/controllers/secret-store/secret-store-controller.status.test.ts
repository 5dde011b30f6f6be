import { SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { StoreState } from '@ack-secret-manager/stores'
import type { Reachability } from '@ack-secret-manager/sync-engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SingleObjectApi } from '../../testing/single-object-api.ts'
import { SECRET_STORE_OPTIONS } from '../../testing/controller-options.ts'
import { SecretStoreController } from './secret-store-controller.ts'

const STORE = { namespace: 'tenant', name: 'kms' }
const READY: StoreState = { ready: true, identity: 'me', endpoint: 'kms.example.com' }
const DENIED: StoreState = { ready: false, error: new SecretSyncError('Unauthenticated', 'denied') }

describe('the status of a store', () => {
  let clock: ManualClock
  let stop: AbortController
  let server: SingleObjectApi
  let state: StoreState
  let events: string[]
  let reconciles: number
  let reachability: Reachability | undefined
  let controller: SecretStoreController
  let running: Promise<void>

  beforeEach(async () => {
    clock = new ManualClock()
    stop = new AbortController()
    server = new SingleObjectApi({ metadata: { ...STORE, uid: 'u' }, spec: { KMS: {} } })
    events = []
    reconciles = 0
    reachability = undefined
    state = READY
    controller = new SecretStoreController({
      ...SECRET_STORE_OPTIONS,
      client: server.client(),
      stores: {
        upsert: async () => {
          reconciles += 1
          return state
        },
        refuse: () => undefined,
        remove: () => undefined,
        sourcesOf: () => ({ secrets: [], serviceAccounts: [], tokenFiles: [] }),
        leadsTo: () => 'somewhere',
      },
      events: { record: ({ reason }) => events.push(reason) },
      reachability: () => reachability,
      clock,
      mayWrite: () => true,
      mayRemoveFinalizers: () => true,
      onCached: () => undefined,
    })
    running = controller.run(stop.signal)
    await clock.advance(1_000)
    await deliverChanges()
  })
  afterEach(async () => {
    stop.abort()
    await clock.advance(0)
    await running
  })

  /** Delivers all pending changes through the watch. */
  async function deliverChanges(): Promise<void> {
    await server.watch()
    await clock.advance(0)
  }

  it.each<[string, StoreState, StoreState]>([
    ['ready', READY, DENIED],
    ['not ready', DENIED, READY],
  ])('reports %s after a status write without a response', async (_how, last, passing) => {
    state = last
    controller.recheck([STORE], 'accepted')
    await clock.advance(1_000)
    await deliverChanges()
    const [before, eventsBefore] = [server.readyCondition, events.length]
    state = passing
    server.isAnswered = false
    controller.recheck([STORE], 'accepted')
    await clock.advance(0)
    expect(server.readyCondition).not.toBe(before)
    state = last
    server.isAnswered = true
    await clock.advance(600_000)
    expect([server.readyCondition, events.slice(eventsBefore)]).toEqual([before, []])
  })

  it('reports a change although the response was lost', async () => {
    state = DENIED
    server.isAnswered = false
    controller.recheck([STORE], 'accepted')
    await clock.advance(0)
    await deliverChanges()
    server.isAnswered = true
    await clock.advance(600_000)
    expect([server.readyCondition, events]).toEqual(['False AuthenticationFailed', ['AuthenticationFailed']])
  })

  it('triggers no reconcile when the watch delivers it', async () => {
    expect([server.readyCondition, server.writes, reconciles]).toEqual(['True Ready', 1, 1])
  })

  it.each<[string, SingleObjectApi['status']]>([
    ['changed it', { conditions: [{ status: 'False', reason: 'Elsewhere' }] }],
    ['removed it', undefined],
  ])('is restored after another client has %s', async (_what, status) => {
    server.put(status)
    await deliverChanges()
    expect(server.readyCondition).toBe('True Ready')
  })

  it('is handed over only after the write in progress', async () => {
    const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>()
    server.held = arrival
    state = DENIED
    controller.recheck([STORE], 'accepted')
    await clock.advance(0)
    const { writes } = server
    let isHandedOver = false
    const written = controller.written().then(() => (isHandedOver = true))
    await clock.advance(0)
    expect(isHandedOver).toBe(false)
    arrive()
    await written
    expect(server.writes).toBe(writes + 1)
  })

  it('finishes after leadership ended, with no further write', async () => {
    const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>()
    server.held = arrival
    state = DENIED
    controller.recheck([STORE], 'accepted')
    await clock.advance(0)
    let isClosed = false
    const closed = controller.close(1_000).then(() => (isClosed = true))
    await clock.advance(999)
    expect(isClosed).toBe(false)
    arrive()
    await closed
    const { readyCondition: last, writes } = server
    state = READY
    controller.recheck([STORE], 'accepted')
    server.put(undefined)
    await deliverChanges()
    await clock.advance(600_000)
    expect([last, server.writes - writes]).toEqual(['False AuthenticationFailed', 0])
  })

  it('is kept if it differs only in the transition time', async () => {
    const { writes } = server
    const [ready] = server.status?.conditions ?? []
    const later = { ...ready, status: 'True', reason: 'Ready', lastTransitionTime: '2026-02-03T04:05:06Z' }
    server.put({ ...server.status, conditions: [later] })
    await deliverChanges()
    controller.recheck([STORE], 'accepted')
    await clock.advance(600_000)
    expect([server.writes, reconciles]).toEqual([writes, 2])
  })

  it('is restored if another client changed it before the response', async () => {
    state = DENIED
    server.follower = { conditions: [{ status: 'True', reason: 'Elsewhere' }] }
    controller.recheck([STORE], 'accepted')
    await clock.advance(0)
    await deliverChanges()
    server.follower = undefined
    await clock.advance(600_000)
    expect(server.readyCondition).toBe('False AuthenticationFailed')
  })

  const LOST: Reachability = { state: 'unreachable', endpoint: 'kms.example.com', sinceMs: 0 }
  const FOUND: Reachability = { state: 'reachable' }

  it('reports an outage and its end with one write each, without requesting the credential', async () => {
    const { writes } = server
    for (const next of [LOST, FOUND]) {
      reachability = next
      controller.reachabilityChanged([STORE])
      await clock.advance(600_000)
      await deliverChanges()
      controller.reachabilityChanged([STORE])
      await clock.advance(600_000)
    }
    expect([server.writes - writes, reconciles, events]).toEqual([2, 1, ['Unavailable', 'Connected']])
  })

  it('backs off for a flapping endpoint', async () => {
    const { writes } = server
    for (let second = 0; second < 3_600; second += 1) {
      reachability = second % 2 === 0 ? LOST : FOUND
      controller.reachabilityChanged([STORE])
      await deliverChanges()
      await clock.advance(1_000)
    }
    expect(server.writes - writes).toBeLessThan(25)
  })

  it('keeps a due reconcile after a status write in between', async () => {
    controller.recheck([STORE], 'unrenewed')
    controller.reachabilityChanged([STORE])
    await clock.advance(9_000)
    expect(reconciles).toBe(1)
    await clock.advance(2_000)
    expect(reconciles).toBe(2)
  })

  it('is restored with a growing backoff while another client keeps changing it', async () => {
    server.follower = { conditions: [{ status: 'False', reason: 'Elsewhere' }] }
    server.put(server.follower)
    const { writes } = server
    for (let second = 0; second < 600; second += 1) {
      await deliverChanges()
      await clock.advance(1_000)
    }
    expect(server.writes - writes).toBeLessThan(25)
    server.follower = undefined
    await clock.advance(600_000)
    expect(server.readyCondition).toBe('True Ready')
  })
})
