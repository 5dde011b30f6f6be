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

describe('an ExternalSecret', () => {
  let clock: ManualClock
  let stop: AbortController
  /** The ClusterExternalSecret and the namespace in the API server, and how often they were read from there before a write. */
  let live: KubeObject
  let liveNamespace: KubeObject
  let ownerReads: number
  let namespaceReads: number
  /** Runs before an ExternalSecret is read. */
  let beforeRead: () => void
  /** The Secret of the ExternalSecret, if any. */
  let secrets: KubeObject[]
  let updated: KubeObject[]
  let deletions: number
  let created: KubeObject[]
  let deliver: (object: KubeObject) => Promise<void>
  let namespaces: Map<string, Namespace>
  let controller: ClusterExternalSecretController
  let running: Promise<void>

  beforeEach(async () => {
    clock = new ManualClock()
    stop = new AbortController()
    live = resourceOf()
    liveNamespace = { metadata: { name: 'a' } }
    ownerReads = 0
    namespaceReads = 0
    beforeRead = () => undefined
    secrets = []
    updated = []
    deletions = 0
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
      list: async (path: string, { query }: { query?: { fieldSelector?: string } }) => {
        const metadata = { resourceVersion: '1' }
        if (query?.fieldSelector === undefined) return { metadata, items: [resourceOf()] }
        if (path === '/api/v1/namespaces/a/secrets') return { metadata, items: secrets }
        const isNamespace = path === '/api/v1/namespaces'
        if (isNamespace) namespaceReads += 1
        else ownerReads += 1
        return { metadata, items: [isNamespace ? liveNamespace : live] }
      },
      stream: async ({ signal }: { signal: AbortSignal }) => stream(signal),
      mergePatch: async () => live,
      get: async () => {
        beforeRead()
        return created[0]
      },
      update: async (_path: string, object: KubeObject) => {
        const stored = { ...object, metadata: { ...object.metadata, generation: 2 } }
        updated.push(stored)
        created = [stored]
        controller.externalSecretChanged('a/web', toCachedExternalSecret(stored))
        return stored
      },
      delete: async () => {
        deletions += 1
        controller.externalSecretChanged('a/web', undefined)
      },
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

  // It may have been deleted together with its ClusterExternalSecret.
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
  async function isDeselected(): Promise<void> {
    controller.lead()
    await clock.advance(0)
    const [first] = created
    if (!first) throw new Error('nothing was created')
    controller.externalSecretChanged('a/web', toCachedExternalSecret(first))
    namespaceBecomes(OTHER)
    // A write just after another one is delayed.
    await clock.advance(5_000)
  }

  it('is deleted when its namespace is deselected, after one read of each object', async () => {
    await isDeselected()
    expect([deletions, ownerReads, namespaceReads]).toEqual([1, 1, 1])
  })

  it('is kept if its namespace is selected again before the deletion is sent', async () => {
    beforeRead = () => namespaceBecomes(SELECTED)
    await isDeselected()
    await clock.advance(600_000)
    expect(deletions).toBe(0)
  })

  it.each<[string, () => void]>([
    [
      'its ClusterExternalSecret has changed',
      () => {
        live = resourceOf({ generation: 2, resourceVersion: '2' })
      },
    ],
    [
      'its ClusterExternalSecret was recreated',
      () => {
        live = resourceOf({ uid: 'u2', resourceVersion: '2' })
      },
    ],
    [
      'its namespace has labels that select it',
      () => {
        liveNamespace = { metadata: { name: 'a', labels: SELECTED.labels } }
      },
    ],
  ])('is kept while %s, which the caches do not show yet', async (_what, change) => {
    const before = liveNamespace
    change()
    await isDeselected()
    expect([created.length, deletions, ownerReads, namespaceReads]).toEqual([1, 0, 1, 1])
    // The caches were right after all, and no further event arrives.
    live = resourceOf()
    liveNamespace = before
    await clock.advance(60_000)
    expect(deletions).toBe(1)
  })
  it('keeps its Secret if one change sets Retain and deselects the namespace', async () => {
    controller.lead()
    await clock.advance(0)
    const [first] = created
    if (!first) throw new Error('nothing was created')
    controller.externalSecretChanged('a/web', toCachedExternalSecret(first))
    const target = { deletionPolicy: 'Retain' }
    const spec = {
      ...SPEC,
      externalSecretSpec: { ...SPEC.externalSecretSpec, target },
      conditions: [{ namespaces: [] }],
    }
    live = { ...resourceOf({ generation: 2, resourceVersion: '2' }), spec }
    await deliver(live)
    await clock.advance(60_000)
    // Nothing else changes in a namespace that is no longer selected.
    expect(updated.map((object) => object['spec'])).toEqual([{ ...SPEC.externalSecretSpec, target }])
    expect(deletions).toBe(0)
    // The status may be ahead of the Secret.
    const { metadata } = created[0]!
    created = [{ ...created[0]!, metadata: { ...metadata, uid: 'e' }, status: { observedGeneration: 2 } }]
    const ownerReferences = [{ apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'web', uid: 'e' }]
    secrets = [{ metadata: { name: 'web', ownerReferences } }]
    controller.externalSecretChanged('a/web', toCachedExternalSecret(created[0]!))
    await clock.advance(60_000)
    expect([updated.length, deletions]).toEqual([1, 0])
    secrets = [{ metadata: { name: 'web' } }]
    await clock.advance(300_000)
    expect([updated.length, deletions]).toEqual([1, 1])
  })

  it('is not updated by an outdated spec, and after a change once it is current', async () => {
    controller.lead()
    await clock.advance(0)
    const [first] = created
    if (!first) throw new Error('nothing was created')
    live = resourceOf({ generation: 2, resourceVersion: '2' })
    created = [{ ...first, metadata: { ...first.metadata, uid: 'e' }, spec: { of: 'generation 2' } }]
    controller.externalSecretChanged('a/web', toCachedExternalSecret(created[0]!))
    await clock.advance(60_000)
    expect([updated, ownerReads]).toEqual([[], 1])
    await deliver(live)
    await clock.advance(60_000)
    expect(updated.map((object) => object['spec'])).toEqual([SPEC.externalSecretSpec])
    const reads = ownerReads
    controller.externalSecretChanged('a/web', toCachedExternalSecret({ ...created[0]!, spec: { of: 'a user' } }))
    created = [{ ...created[0]!, spec: { of: 'a user' } }]
    await clock.advance(60_000)
    expect([updated.length, ownerReads]).toEqual([2, reads])
  })
})
