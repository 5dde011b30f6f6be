import { ManualClock } from '@ack-secret-manager/core/testing'
import type { KubeClient, KubeObject, ObjectMeta } from '@ack-secret-manager/k8s-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Namespace } from '../shared/namespaces.ts'
import { toCachedExternalSecret } from './cached-external-secret.ts'
import { CLUSTER_EXTERNAL_SECRET_OPTIONS } from '../../testing/controller-options.ts'
import { ClusterExternalSecretController } from './cluster-external-secret-controller.ts'

const SPEC = {
  externalSecretName: 'web',
  externalSecretSpec: { data: [{ key: 'app/db', name: 'password', secretStoreRef: { name: 'kms' } }] },
  conditions: [{ namespaceSelector: { matchLabels: { stage: 'live' } } }],
}
const SELECTED: Namespace = { labels: { stage: 'live' }, terminating: false }
const OTHER: Namespace = { labels: {}, terminating: false }
const TERMINATING: Namespace = { labels: { stage: 'live' }, terminating: true }

const resourceOf = (metadata: ObjectMeta = {}): KubeObject => ({
  metadata: { name: 'web', uid: 'u', generation: 1, resourceVersion: '1', ...metadata },
  spec: SPEC,
})

/** An ExternalSecret that was deleted may have been deleted together with its ClusterExternalSecret. */
describe('a deleted ExternalSecret', () => {
  let clock: ManualClock
  let stop: AbortController
  /** The ClusterExternalSecret in the API server, and how often it was read from there before a create. */
  let live: KubeObject
  let ownerReads: number
  let created: KubeObject[]
  let deliver: (object: KubeObject) => Promise<void>
  let namespaces: Map<string, Namespace>
  let controller: ClusterExternalSecretController
  let running: Promise<void>

  beforeEach(async () => {
    clock = new ManualClock()
    stop = new AbortController()
    live = resourceOf()
    ownerReads = 0
    created = []
    namespaces = new Map([['a', SELECTED]])
    const events: KubeObject[] = []
    let wake = (): void => undefined
    deliver = async (object) => {
      events.push(object)
      wake()
      await new Promise(setImmediate)
    }
    async function* stream(signal: AbortSignal) {
      while (!signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', () => resolve())
        })
        for (const object of events.splice(0)) yield Buffer.from(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
      }
    }
    const client = {
      list: async (_path: string, { query }: { query?: { fieldSelector?: string } }) => {
        const isOwnerRead = query?.fieldSelector !== undefined
        if (isOwnerRead) ownerReads += 1
        return { metadata: { resourceVersion: '1' }, items: [isOwnerRead ? live : resourceOf()] }
      },
      stream: async ({ signal }: { signal: AbortSignal }) => stream(signal),
      mergePatch: async () => live,
      get: async () => created[0],
      delete: async () => undefined,
      create: async (_path: string, object: KubeObject) => {
        created.push(object)
        return object
      },
    }
    controller = new ClusterExternalSecretController({
      ...CLUSTER_EXTERNAL_SECRET_OPTIONS,
      client: client as unknown as KubeClient,
      namespaces,
      clock,
    })
    running = controller.run(stop.signal)
    await clock.advance(0)
  })
  afterEach(async () => {
    stop.abort()
    await clock.advance(0)
    await running
  })

  function namespaceBecomes(now: Namespace | undefined): void {
    const before = namespaces.get('a')
    if (now) namespaces.set('a', now)
    else namespaces.delete('a')
    controller.namespaceChanged('a', before, now)
  }

  /** A replica that does not lead sees the ExternalSecret, and its deletion. */
  function isDeleted(): void {
    const ownerReferences = [
      {
        apiVersion: 'alibabacloud.com/v1alpha1',
        kind: 'ClusterExternalSecret',
        name: 'web',
        uid: 'u',
        controller: true,
      },
    ]
    const metadata = { namespace: 'a', name: 'web', ownerReferences }
    controller.externalSecretChanged('a/web', toCachedExternalSecret({ metadata, spec: SPEC.externalSecretSpec }))
    controller.externalSecretChanged('a/web', undefined)
  }

  it.each([
    ['is not recreated by the next leader', {}],
    ['is not recreated for the next generation', { generation: 2, resourceVersion: '2' }],
  ])('%s while its ClusterExternalSecret is being deleted', async (_rule, change) => {
    isDeleted()
    await deliver(resourceOf(change))
    live = resourceOf({ ...change, deletionTimestamp: 'now' })
    controller.lead()
    await clock.advance(60_000)
    expect(created).toEqual([])
    expect(ownerReads).toBeGreaterThan(0)
  })

  it('is forgotten with its ClusterExternalSecret, even if a new one has the same name', async () => {
    isDeleted()
    live = resourceOf({ uid: 'u2', resourceVersion: '2' })
    await deliver(live)
    controller.lead()
    await clock.advance(0)
    expect([created.length, ownerReads]).toEqual([1, 0])
  })

  it.each<[string, () => void]>([
    [
      'whose namespace was deleted',
      () => {
        namespaceBecomes(TERMINATING)
        controller.externalSecretChanged('a/web', undefined)
        namespaceBecomes(undefined)
      },
    ],
    [
      'whose namespace was deleted before the event of its own deletion',
      () => {
        namespaceBecomes(undefined)
        controller.externalSecretChanged('a/web', undefined)
      },
    ],
    [
      'whose namespace is no longer selected',
      () => {
        namespaceBecomes(OTHER)
        controller.externalSecretChanged('a/web', undefined)
      },
    ],
  ])('%s is forgotten', async (_what, disappear) => {
    controller.lead()
    await clock.advance(0)
    const [first] = created
    if (!first) throw new Error('nothing was created')
    controller.externalSecretChanged('a/web', toCachedExternalSecret(first))
    disappear()
    await clock.advance(60_000)
    namespaceBecomes(SELECTED)
    await clock.advance(0)
    expect([created.length, ownerReads]).toEqual([2, 0])
  })
})
