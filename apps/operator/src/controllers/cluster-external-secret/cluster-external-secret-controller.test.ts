import { ManualClock } from '@ack-secret-manager/core/testing'
import type { KubeClient, KubeObject } from '@ack-secret-manager/k8s-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SingleObjectApi } from '../../testing/single-object-api.ts'
import { CLUSTER_EXTERNAL_SECRET_OPTIONS } from '../../testing/controller-options.ts'
import { ClusterExternalSecretController } from './cluster-external-secret-controller.ts'
import { toCachedExternalSecret } from './cached-external-secret.ts'
import type { Namespace } from '../shared/namespaces.ts'

const SPEC = {
  externalSecretName: 'web',
  externalSecretSpec: { data: [{ key: 'app/db', name: 'password', secretStoreRef: { name: 'kms' } }] },
  conditions: [{ namespaceSelector: { matchLabels: { stage: 'live' } } }],
}
const SELECTED: Namespace = { labels: { stage: 'live' }, terminating: false }
const PASSED_OVER: Namespace = { labels: {}, terminating: false }
/** Selects a namespace in which another owner has an ExternalSecret of that name, or not. */
const [DEGRADED, WELL] = ['False Degraded', 'True NoNamespace']
const FOREIGN = { conditions: [{ status: 'False', reason: 'Elsewhere', type: 'Ready', message: '' }] }

describe('the status of a ClusterExternalSecret', () => {
  let clock: ManualClock
  let stop: AbortController
  let server: SingleObjectApi
  let namespaces: Map<string, Namespace>
  let controller: ClusterExternalSecretController
  let running: Promise<void>
  const reports: string[] = []

  beforeEach(async () => {
    clock = new ManualClock()
    stop = new AbortController()
    server = new SingleObjectApi({ metadata: { name: 'web', uid: 'u' }, spec: SPEC })
    namespaces = new Map([['a', PASSED_OVER]])
    controller = new ClusterExternalSecretController({
      ...CLUSTER_EXTERNAL_SECRET_OPTIONS,
      client: server.client() as KubeClient,
      namespaces,
      clock,
      onReport: (name, ready) => reports.push(`${name}: ${ready && `${ready.status} ${ready.reason}`}`),
    })
    running = controller.run(stop.signal)
    await clock.advance(0)
    controller.externalSecretChanged('a/web', toCachedExternalSecret({ metadata: { namespace: 'a', name: 'web' } }))
    controller.lead()
    await pass(10_000)
  })
  afterEach(async () => {
    stop.abort()
    await clock.advance(0)
    await running
  })

  /** Advances the clock; the watch delivers changes each second. */
  async function pass(ms: number): Promise<void> {
    for (let sinceMs = 0; sinceMs < ms; sinceMs += 1_000) {
      await clock.advance(1_000)
      await server.watch()
    }
  }

  function becomes(now: Namespace): void {
    const before = namespaces.get('a')
    namespaces.set('a', now)
    controller.namespaceChanged('a', before, now)
  }

  it('triggers no reconcile when the watch delivers it', async () => {
    expect(server.readyCondition).toBe(WELL)
    let reconciles = 0
    const entries = namespaces.entries.bind(namespaces)
    namespaces.entries = () => {
      reconciles += 1
      return entries()
    }
    becomes(SELECTED)
    await pass(60_000)
    expect([server.readyCondition, reconciles]).toEqual([DEGRADED, 1])
  })

  it('is reported at each status update, so that its failures are logged, and forgotten with its resource', async () => {
    reports.length = 0
    becomes(SELECTED)
    await pass(10_000)
    expect(new Set(reports)).toEqual(new Set(['web: False Degraded']))
    becomes(PASSED_OVER)
    await pass(10_000)
    expect(reports.at(-1)).toBe('web: True NoNamespace')
    await controller.rest()
    expect(reports.at(-1)).toBe('web: undefined')
  })

  it('recovers after a status write whose response was lost', async () => {
    server.isAnswered = false
    becomes(SELECTED)
    await clock.advance(1_000)
    expect(server.readyCondition).toBe(DEGRADED)
    server.isAnswered = true
    becomes(PASSED_OVER)
    await clock.advance(10_000)
    await pass(10_000)
    expect(server.readyCondition).toBe(WELL)
  })

  it('is left to another process only after the write in progress', async () => {
    const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>()
    server.held = arrival
    becomes(SELECTED)
    await clock.advance(1_000)
    const { writes } = server
    let isOver = false
    const rested = controller.rest().then(() => (isOver = true))
    await clock.advance(0)
    expect(isOver).toBe(false)
    arrive()
    await rested
    expect(server.writes).toBe(writes + 1)
  })

  it('is restored after another client has changed it', async () => {
    server.put(FOREIGN)
    await pass(10_000)
    expect(server.readyCondition).toBe(WELL)
  })

  it('is restored with a growing backoff while another client keeps changing it', async () => {
    const { writes } = server
    server.follower = FOREIGN
    server.put(FOREIGN)
    await pass(600_000)
    expect(server.writes - writes).toBeLessThan(25)
    server.follower = undefined
    await pass(600_000)
    expect(server.readyCondition).toBe(WELL)
  })
})

describe('an ExternalSecret that was deleted before its status was written', () => {
  it.each([
    ['is recreated', {}, ['web']],
    ['is not recreated while its ClusterExternalSecret is being deleted', { deletionTimestamp: 'now' }, []],
  ])('%s', async (_rule, metadata, expected) => {
    const clock = new ManualClock()
    const stop = new AbortController()
    const raw = { metadata: { name: 'web', uid: 'u' }, spec: SPEC }
    const server = new SingleObjectApi(raw)
    const created: KubeObject[] = []
    const client = {
      ...server.client(),
      create: async (_path: string, object: KubeObject) => {
        created.push(object)
        return object
      },
    }
    const namespaces = new Map([['a', SELECTED]])
    const controller = new ClusterExternalSecretController({
      ...CLUSTER_EXTERNAL_SECRET_OPTIONS,
      client: client as unknown as KubeClient,
      namespaces,
      clock,
    })
    const running = controller.run(stop.signal)
    await clock.advance(0)
    controller.lead()
    await clock.advance(0)
    const [first] = created.splice(0)
    if (!first) throw new Error('nothing was created')
    controller.externalSecretChanged('a/web', toCachedExternalSecret(first))
    // The watch of ExternalSecrets is ahead of the one of ClusterExternalSecrets.
    const live = { ...raw, metadata: { ...raw.metadata, ...metadata } }
    client.list = async () => ({ metadata: { resourceVersion: '2' }, items: [live] as never[] })
    controller.externalSecretChanged('a/web', undefined)
    await clock.advance(60_000)
    expect(created.map(({ metadata: { name } }) => name)).toEqual(expected)
    stop.abort()
    await clock.advance(0)
    await running
  })
})
