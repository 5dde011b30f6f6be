import { ManualClock, SecretSyncError } from '@ack-secret-manager/core'
import type { StoreState } from '@ack-secret-manager/stores'
import type { Reachability } from '@ack-secret-manager/sync-engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OneObject } from '../../testing/servers/single-object-api.ts'
import { SecretStoreController } from './secret-store-controller.ts'

const STORE = { namespace: 'tenant', name: 'kms' }
const READY: StoreState = { ready: true, identity: 'me', endpoint: 'kms.example.com' }
const DENIED: StoreState = { ready: false, error: new SecretSyncError('Unauthenticated', 'denied') }

describe('the status of a store', () => {
  let clock: ManualClock
  let stop: AbortController
  let server: OneObject
  let state: StoreState
  let events: string[]
  let looks: number
  let reachability: Reachability | undefined
  let controller: SecretStoreController
  let running: Promise<void>

  beforeEach(async () => {
    clock = new ManualClock()
    stop = new AbortController()
    server = new OneObject({ metadata: { ...STORE, uid: 'u' }, spec: { KMS: {} } })
    events = []
    looks = 0
    reachability = undefined
    state = READY
    controller = new SecretStoreController({
      client: server.client(),
      stores: {
        upsert: async () => {
          looks += 1
          return state
        },
        refuse: () => undefined,
        remove: () => undefined,
        sourcesOf: () => ({ secrets: [], serviceAccounts: [], tokenFiles: [] }),
        leadsTo: () => 'somewhere',
      },
      events: { record: ({ reason }) => events.push(reason) },
      reachability: () => reachability,
      namespaces: { watch: [], exclude: [] },
      crossNamespace: false,
      clusterStores: false,
      clock,
      random: () => 0.5,
      onStoreChange: () => undefined,
      onError: () => undefined,
      onFault: () => undefined,
      isTerminating: () => false,
      mayWrite: () => true,
    })
    running = controller.run(stop.signal)
    await clock.advance(1_000)
    await told()
  })
  afterEach(async () => {
    stop.abort()
    await clock.advance(0)
    await running
  })

  /** The watch tells all that has happened. */
  async function told(): Promise<void> {
    await server.watch()
    await clock.advance(0)
  }

  it.each<[string, StoreState, StoreState]>([
    ['ready', READY, DENIED],
    ['not ready', DENIED, READY],
  ])('says that it is %s, after a status that said otherwise and was not answered', async (_how, last, passing) => {
    state = last
    controller.recheck([STORE], 'accepted')
    await clock.advance(1_000)
    await told()
    const [before, eventsBefore] = [server.told, events.length]
    state = passing
    server.isAnswered = false
    controller.recheck([STORE], 'accepted')
    await clock.advance(0)
    expect(server.told).not.toBe(before)
    state = last
    server.isAnswered = true
    await clock.advance(600_000)
    expect([server.told, events.slice(eventsBefore)]).toEqual([before, []])
  })

  it('tells of a change although the answer was lost', async () => {
    state = DENIED
    server.isAnswered = false
    controller.recheck([STORE], 'accepted')
    await clock.advance(0)
    await told()
    server.isAnswered = true
    await clock.advance(600_000)
    expect([server.told, events]).toEqual(['False AuthenticationFailed', ['AuthenticationFailed']])
  })

  it('is no reason to look again when it comes back', async () => {
    expect([server.told, server.writes, looks]).toEqual(['True Ready', 1, 1])
  })

  it.each<[string, OneObject['status']]>([
    ['written it', { conditions: [{ status: 'False', reason: 'Elsewhere' }] }],
    ['taken it away', undefined],
  ])('is set right when somebody has %s', async (_what, status) => {
    server.put(status)
    await told()
    expect(server.told).toBe('True Ready')
  })

  it('is finished by who leads no more, and nothing is written after it', async () => {
    let arrive = (): void => undefined
    server.held = new Promise((resolve) => (arrive = resolve))
    state = DENIED
    controller.recheck([STORE], 'accepted')
    await clock.advance(0)
    let isClosed = false
    const closed = controller.close(1_000).then(() => (isClosed = true))
    await clock.advance(999)
    expect(isClosed).toBe(false)
    arrive()
    await closed
    const { told: last, writes } = server
    state = READY
    controller.recheck([STORE], 'accepted')
    server.put(undefined)
    await told()
    await clock.advance(600_000)
    expect([last, server.writes - writes]).toEqual(['False AuthenticationFailed', 0])
  })

  it('stays where another operator says the same since another time', async () => {
    const { writes } = server
    const [ready] = server.status?.conditions ?? []
    const later = { ...ready, status: 'True', reason: 'Ready', lastTransitionTime: '2026-02-03T04:05:06Z' }
    server.put({ ...server.status, conditions: [later] })
    await told()
    controller.recheck([STORE], 'accepted')
    await clock.advance(600_000)
    expect([server.writes, looks]).toEqual([writes, 2])
  })

  it('is set right when somebody has written it before the answer came', async () => {
    state = DENIED
    server.follower = { conditions: [{ status: 'True', reason: 'Elsewhere' }] }
    controller.recheck([STORE], 'accepted')
    await clock.advance(0)
    await told()
    server.follower = undefined
    await clock.advance(600_000)
    expect(server.told).toBe('False AuthenticationFailed')
  })

  const LOST: Reachability = { state: 'unreachable', endpoint: 'kms.example.com', sinceMs: 0 }
  const FOUND: Reachability = { state: 'reachable' }

  it('tells of an outage and of its end in one write each, without a look at the credential', async () => {
    const { writes } = server
    for (const next of [LOST, FOUND]) {
      reachability = next
      controller.reachabilityChanged([STORE])
      await clock.advance(600_000)
      await told()
      controller.reachabilityChanged([STORE])
      await clock.advance(600_000)
    }
    expect([server.writes - writes, looks, events]).toEqual([2, 1, ['Unavailable', 'Connected']])
  })

  it('tells less and less often of an endpoint that is lost and found again and again', async () => {
    const { writes } = server
    for (let second = 0; second < 3_600; second += 1) {
      reachability = second % 2 === 0 ? LOST : FOUND
      controller.reachabilityChanged([STORE])
      await told()
      await clock.advance(1_000)
    }
    expect(server.writes - writes).toBeLessThan(25)
  })

  it('does not lose a due look to a report in between', async () => {
    controller.recheck([STORE], 'unrenewed')
    controller.reachabilityChanged([STORE])
    await clock.advance(9_000)
    expect(looks).toBe(1)
    await clock.advance(2_000)
    expect(looks).toBe(2)
  })

  it('is set right with pauses that grow while somebody keeps writing it', async () => {
    server.follower = { conditions: [{ status: 'False', reason: 'Elsewhere' }] }
    server.put(server.follower)
    const { writes } = server
    for (let second = 0; second < 600; second += 1) {
      await told()
      await clock.advance(1_000)
    }
    expect(server.writes - writes).toBeLessThan(25)
    server.follower = undefined
    await clock.advance(600_000)
    expect(server.told).toBe('True Ready')
  })
})
