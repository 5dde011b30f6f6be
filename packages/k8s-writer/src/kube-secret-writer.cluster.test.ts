import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { contentDigester, type ObservedSecret, type Owner, type TargetRef } from '@ack-secret-manager/core'
import { ACCEPT_METADATA } from '@ack-secret-manager/k8s-client'
import { createOf, patchOf, recordFor, releaseOf, there } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { describe, expect, it, vi } from 'vitest'
import { KubeSecretWriter } from './kube-secret-writer.ts'
import { WriterBench } from './testing/writer-bench.ts'

const { signal } = new AbortController()
const MANAGED = 'alibabacloud.com/managed-by'
const APP = 'app.kubernetes.io/managed-by'
const PROVENANCE = 'alibabacloud.com/provenance'
const WAIT = { timeout: 40_000, interval: 20 }

describeCluster('KubeSecretWriter on a real API server', () => {
  const cluster = useCluster()
  const bench = useFixture(() => WriterBench.open(cluster))

  const ref = (name: string): TargetRef => ({ namespace: cluster.namespace, name })
  const observe = async (target: TargetRef, fresh = true): Promise<ObservedSecret> =>
    there(await bench.writer.observe(target, { signal, fresh }))
  async function written(
    name: string,
    values: Record<string, string> = { a: '1' },
    more: Parameters<typeof createOf>[4] = {},
  ) {
    const target = ref(name)
    const owner = await bench.owner(name)
    const observed = there(await bench.writer.apply(createOf(bench, target, owner, values, more), { signal }))
    return { target, owner, observed, record: recordFor(bench.digester, target, values, more) }
  }

  describe('object metadata', () => {
    it('sets its labels, annotations and owner reference on a Secret that it creates', async () => {
      const { target, owner } = await written('marked')
      const { metadata, type } = there(await bench.object(target))
      expect(type).toBe('Opaque')
      expect(metadata.labels).toEqual({ [MANAGED]: 'ack-secret-manager', [APP]: 'ack-secret-manager' })
      expect(Object.keys(there(metadata.annotations)).toSorted()).toEqual([
        'alibabacloud.com/content-digest',
        PROVENANCE,
      ])
      expect(metadata.annotations?.['alibabacloud.com/content-digest']).toMatch(new RegExp(`^${bench.digester.keyId}:`))
      expect(JSON.parse(there(metadata.annotations?.[PROVENANCE]))).toMatchObject({ sources: [['app/db', 'v1']] })
      const { apiVersion, kind, name, uid } = owner
      expect(metadata.ownerReferences).toEqual([
        { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: false },
      ])
    })

    it('names the owner of a retained Secret in an annotation instead of an owner reference', async () => {
      const { target } = await written('kept', { a: '1' }, { deletion: 'retain' })
      const { metadata } = there(await bench.object(target))
      expect(metadata.annotations).toMatchObject({ 'alibabacloud.com/owner': `${cluster.namespace}/kept` })
      expect(metadata).not.toHaveProperty('ownerReferences')
    })

    it('adopts a Secret without an owner, and keeps its foreign keys', async () => {
      const target = ref('adopted')
      const owner = await bench.owner('adopted')
      const annotations = { 'alibabacloud.com/adopt': 'true', theirs: 'x' }
      await bench.make(target, {
        metadata: { name: target.name, labels: { app: 'web', [APP]: 'Helm' }, annotations },
        data: { b: 'Mg==' },
      })
      const seen = await observe(target)
      expect(seen).toMatchObject({ type: undefined, records: new Map(), adoptRequested: true, metadataDrifted: false })
      expect(seen.foreignKeys).toEqual(new Set(['b']))
      const inspected = there(await bench.writer.inspect(target, { signal }))
      expect(inspected).toMatchObject({ type: 'Opaque', foreignKeys: new Set(['b']) })
      const record = recordFor(bench.digester, target, { a: '1' })
      const ours = there(await bench.writer.apply(patchOf(inspected, owner, record, { set: { a: '1' } }), { signal }))
      expect(ours).toMatchObject({
        controller: { name: 'adopted' },
        metadataDrifted: false,
        foreignKeys: new Set(['b']),
      })
      const { metadata } = there(await bench.object(target))
      expect(metadata.labels).toEqual({ app: 'web', [APP]: 'Helm', [MANAGED]: 'ack-secret-manager' })
      // The adoption removed the adopt annotation.
      expect(metadata.annotations).toMatchObject({ theirs: 'x' })
      expect(metadata.annotations).not.toHaveProperty(['alibabacloud.com/adopt'])
      expect(await bench.read(target)).toEqual({ a: '1', b: '2' })
      await bench.writer.apply(releaseOf(ours, 'adopted', 'forget'), { signal })
      expect(there(await bench.object(target)).metadata).toMatchObject({
        labels: { app: 'web', [APP]: 'Helm' },
        annotations: { theirs: 'x' },
      })
      expect(there(await bench.object(target)).metadata).not.toHaveProperty('ownerReferences')
    })

    it('keeps owner references to other resources', async () => {
      const { target, owner, observed } = await written('referred')
      const other = await bench.owner('other-owner')
      const { apiVersion, kind, name, uid } = other
      const theirs = { apiVersion, kind, name, uid }
      const ours = there(there(await bench.object(target)).metadata.ownerReferences)[0]
      await bench.patch(target, { metadata: { ownerReferences: [theirs, ours] } })
      const retain = recordFor(bench.digester, target, { a: '1' }, { deletion: 'retain' })
      const seen = await observe(target)
      expect(seen.uid).toBe(observed.uid)
      await bench.writer.apply(patchOf(seen, owner, retain), { signal })
      expect(there(await bench.object(target)).metadata.ownerReferences).toEqual([theirs])
      const again = recordFor(bench.digester, target, { a: '1' })
      await bench.writer.apply(patchOf(await observe(target), owner, again), { signal })
      expect(there(await bench.object(target)).metadata.ownerReferences?.map((one) => one.name)).toEqual([
        'other-owner',
        'referred',
      ])
    })

    it('may request only metadata in the response to a write', async () => {
      const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'response' }, data: { a: 'MQ==' } }
      const secrets = `/api/v1/namespaces/${cluster.namespace}/secrets`
      const created = await bench.client.create(secrets, body, { accept: ACCEPT_METADATA, signal })
      const patched = await bench.client.mergePatch(
        `${secrets}/response`,
        { data: { b: 'Mg==' } },
        { accept: ACCEPT_METADATA, signal },
      )
      expect([created.kind, patched.kind]).toEqual(['PartialObjectMetadata', 'PartialObjectMetadata'])
      expect([created, patched].filter((response) => 'data' in response)).toEqual([])
    })
  })

  describe('onChange', () => {
    it('does not report its own writes', async () => {
      // The changes of the tests before it are reported.
      await bench.untilWatched()
      const before = bench.changes.length
      const { target, owner, observed } = await written('own', { a: '1', b: '2' })
      let current = observed
      for (const value of ['2', '3', '4']) {
        const record = recordFor(bench.digester, target, { a: value, b: '2' })
        current = there(await bench.writer.apply(patchOf(current, owner, record, { set: { a: value } }), { signal }))
      }
      await bench.writer.apply(releaseOf(current, 'own', 'delete'), { signal })
      const other = await written('own-forgotten', { a: '1' }, { creation: 'merge' })
      await bench.writer.apply(releaseOf(other.observed, 'own-forgotten', 'forget'), { signal })
      await bench.untilWatched()
      expect(bench.changes.slice(before)).toEqual([])
      expect(await bench.writer.observe(target, { signal })).toBeUndefined()
      expect(await bench.writer.observe(other.target, { signal })).toBeUndefined()
    })

    it('reports a key that a user changed under our field manager', async () => {
      const { target, owner, record } = await written('under-our-name', { a: '1', b: '2' })
      const before = bench.changes.length
      await bench.patch(target, { data: { a: 'ZXZl' } }, 'ack-secret-manager')
      await vi.waitFor(() => expect(bench.changes.slice(before)).toMatchObject([{ target, kind: 'changed' }]), WAIT)
      expect(await observe(target, false)).toMatchObject({ drifted: ['a'] })
      await bench.writer.apply(patchOf(await observe(target, false), owner, record, { set: { a: '1' } }), { signal })
      expect(await observe(target, false)).toMatchObject({ drifted: [] })
    })

    it('compares the content after a metadata write under our field manager, and reports no change', async () => {
      const { target } = await written('annotated-under-our-name')
      await bench.untilWatched()
      const [changes, requests] = [bench.changes.length, bench.requests.length]
      await bench.patch(target, { metadata: { annotations: { note: 'x' } } }, 'ack-secret-manager')
      const reads = () => bench.requests.slice(requests).filter(({ verb }) => verb === 'get')
      await vi.waitFor(() => expect(reads()).toHaveLength(1), WAIT)
      await bench.untilWatched()
      expect(bench.changes.slice(changes)).toEqual([])
      expect(await observe(target, false)).toMatchObject({ drifted: [] })
    })

    it('reads no content after its own writes', async () => {
      const { target, owner, observed } = await written('ordinary', { a: '1', b: '2' })
      await bench.untilWatched()
      const before = bench.requests.length
      let current = observed
      for (const value of ['2', '3', '4', '5']) {
        const record = recordFor(bench.digester, target, { a: value, b: '2' })
        current = there(await bench.writer.apply(patchOf(current, owner, record, { set: { a: value } }), { signal }))
      }
      // A write by another manager, which explains the new version.
      await bench.patch(target, { metadata: { annotations: { note: 'x' } } })
      await bench.untilWatched()
      const verbs = bench.requests.slice(before).map(({ verb }) => verb)
      expect(verbs.filter((verb) => verb === 'get')).toEqual([])
    })

    it('does not report foreign labels, annotations and keys', async () => {
      const { target } = await written('decorated')
      const before = bench.changes.length
      await bench.patch(target, {
        metadata: { labels: { team: 'a' }, annotations: { note: 'x' } },
        data: { theirs: 'eA==' },
      })
      await bench.untilWatched()
      expect(bench.changes.slice(before)).toEqual([])
      expect(await observe(target, false)).toMatchObject({ drifted: [], foreignKeys: new Set(['theirs']) })
    })

    it('finds a retained Secret by its owner annotation after its provenance was removed', async () => {
      const { target, owner, record } = await written('retained-lost', { a: '1' }, { deletion: 'retain' })
      await bench.patch(target, { metadata: { annotations: { [PROVENANCE]: null } } })
      const seen = there(await bench.writer.inspect(target, { signal }))
      expect(seen.records.get('retained-lost')).toMatchObject({ keys: new Map(), deletion: 'retain' })
      const repair = patchOf(seen, owner, { ...record, deletion: 'retain' }, { set: { a: '1' } })
      const repaired = there(await bench.writer.apply(repair, { signal }))
      expect(repaired.records.get('retained-lost')).toEqual({ ...record, deletion: 'retain' })
      expect(repaired).toMatchObject({ drifted: [], metadataDrifted: false })
    })

    it('observes from the cache without a request', async () => {
      const { target } = await written('quiet')
      const before = bench.requests.length
      await bench.writer.observe(target, { signal })
      expect(bench.writer.ownedBy(cluster.namespace, 'quiet')).toHaveLength(1)
      expect(bench.requests.slice(before).filter(({ verb }) => verb !== 'watch')).toEqual([])
    })

    it('observes the API server after the watch was stopped', async () => {
      const [stopped, closed] = await Promise.all([written('watch-stopped'), written('writer-closed')])
      const stop = new AbortController()
      const { client, digester } = bench
      const writer = new KubeSecretWriter({ client, digester, namespaces: [cluster.namespace] })
      const running = writer.run(stop)
      await writer.synced
      stop.abort()
      await running
      await bench.edit(stopped.target, 'a', 'edited')
      expect(await writer.observe(stopped.target, { signal })).toMatchObject({ drifted: ['a'] })
      await writer.close()
      await bench.delete(closed.target)
      expect(await writer.observe(closed.target, { signal })).toBeUndefined()
    })

    it('has the same cache after a restart, and reports no change', async () => {
      const { target, observed } = await written('restarted')
      await bench.untilWatched()
      await using again = await WriterBench.open(cluster, { digester: bench.digester })
      expect(await again.writer.observe(target, { signal })).toEqual(observed)
      expect([...again.writer.owned()]).toContainEqual(observed)
      await again.untilWatched()
      expect(again.changes).toEqual([])
    })

    it('has the current state after concurrent changes by itself and other clients', async () => {
      const before = bench.changes.length
      const tangle = async (name: string): Promise<string> => {
        const { target, owner, observed } = await written(name)
        let current: ObservedSecret | undefined = observed
        for (let round = 0; round < 12; round += 1) {
          const value = `value ${round}`
          const record = recordFor(bench.digester, target, { a: value })
          const ours = current
            ? patchOf(current, owner, record, { set: { a: value } })
            : createOf(bench, target, owner, { a: value })
          const theirs = [
            () => bench.edit(target, 'a', `eve ${round}`),
            () => bench.delete(target),
            () => bench.patch(target, { metadata: { labels: { round: String(round) } } }),
          ]
          // Concurrent: either may be first, and the other may then fail.
          await Promise.allSettled([bench.writer.apply(ours, { signal }), theirs[round % theirs.length]?.()])
          current = await bench.writer.observe(target, { signal, fresh: true })
        }
        return name
      }
      const names = await Promise.all(['tangle-1', 'tangle-2', 'tangle-3', 'tangle-4'].map(tangle))
      await bench.untilWatched()
      for (const name of names) {
        const known = await bench.writer.observe(ref(name), { signal })
        expect(known).toEqual(await bench.writer.observe(ref(name), { signal, fresh: true }))
      }
      expect(bench.changes.slice(before).map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['changed', 'deleted']),
      )
    })

    it('returns owned Secrets without a watch after a read', async () => {
      const { observed } = await written('prefetched')
      await using once = await WriterBench.open(cluster, { watch: false, pageSize: 2 })
      expect([...once.writer.owned()]).toEqual([])
      await once.writer.prefetch([cluster.namespace], { signal })
      expect(once.writer.ownedBy(cluster.namespace, 'prefetched')).toEqual([observed])
    })
  })

  describe('field managers', () => {
    it('accepts a key that another manager changed back to the recorded content, until its next write', async () => {
      const { target, owner, record } = await written('changed-back')
      await bench.edit(target, 'a', 'eve')
      await bench.edit(target, 'a', '1')
      const seen = await observe(target)
      expect(seen.drifted).toEqual(['a'])
      const same = there(await bench.writer.apply(patchOf(seen, owner, record, { set: { a: '1' } }), { signal }))
      expect(same).toMatchObject({ drifted: [], resourceVersion: seen.resourceVersion })
      await bench.patch(target, { metadata: { labels: { team: 'a' } } }, 'labeller')
      await bench.untilWatched()
      expect(await observe(target, false)).toMatchObject({ drifted: [] })
      expect(await observe(target)).toMatchObject({ drifted: [] })
      // Times in managedFields have a resolution of seconds.
      await vi.waitFor(
        async () => {
          await bench.edit(target, 'a', `eve ${Date.now()}`)
          expect((await observe(target)).drifted).toEqual(['a'])
        },
        { timeout: 120_000, interval: 250 },
      )
    })

    it('accepts the content of a Secret without managedFields after one inspection', async () => {
      const { target, observed } = await written('cleared')
      await bench.patch(target, { metadata: { managedFields: [{}] } })
      expect((await observe(target)).drifted).toEqual(['a'])
      const inspected = there(await bench.writer.inspect(target, { signal }))
      expect(inspected).toMatchObject({ drifted: [], records: observed.records })
      expect((await observe(target)).drifted).toEqual([])
      await bench.edit(target, 'a', undefined)
      expect((await observe(target)).drifted).toEqual(['a'])
    })

    it('computes the digests again after inspecting a Secret with another digest key', async () => {
      const { target, owner, record } = await written('redigested', { a: '1', b: '2' })
      await using other = await WriterBench.open(cluster, { digester: contentDigester() })
      const inspected = there(await other.writer.inspect(target, { signal }))
      const expected = recordFor(other.digester, target, { a: '1', b: '2' })
      expect(inspected.records.get(owner.name)).toEqual(expected)
      const known = there(await other.writer.observe(target, { signal }))
      expect(known.records.get(owner.name)).toEqual(expected)
      expect(known.resourceVersion).toBe((await observe(target)).resourceVersion)
      expect((await observe(target)).records.get(owner.name)).toEqual(record)
    })

    it('does not treat a copy of a managed Secret as managed', async () => {
      const { target } = await written('original')
      const { metadata, data, type } = there(await bench.object(target))
      const copy = ref('copy')
      await bench.make(copy, {
        metadata: { name: 'copy', labels: metadata.labels, annotations: metadata.annotations },
        data,
        type,
      })
      await bench.untilWatched()
      expect(await observe(copy)).toMatchObject({ records: new Map(), metadataDrifted: true, controller: undefined })
      expect(bench.writer.ownedBy(cluster.namespace, 'original').map((one) => one.target.name)).toEqual(['original'])
    })

    it('reports changed keys to the other owners when the inspection by one owner finds them', async () => {
      const { target, owner, observed } = await written('shared', { a: '1' }, { creation: 'merge' })
      const second = await bench.owner('shared-second')
      const record = recordFor(bench.digester, target, { b: '2' }, { creation: 'merge' })
      const both = there(await bench.writer.apply(patchOf(observed, second, record, { set: { b: '2' } }), { signal }))
      const before = bench.changes.length
      await bench.edit(target, 'b', 'eve')
      const seen = await observe(target)
      expect(seen.uid).toBe(both.uid)
      const next = recordFor(bench.digester, target, { a: '3' }, { creation: 'merge' })
      await bench.writer.apply(patchOf(seen, owner, next, { set: { a: '3' } }), { signal })
      expect((await bench.change(target, before)).ownerNames).toContain('shared-second')
    })
  })

  describe('errors of the API server', () => {
    const LEAK = 'correct-horse-battery'
    async function failure(work: Promise<unknown>): Promise<{ code: string; text: string; facts: object }> {
      const error = await work.then(
        () => new Error('it was accepted'),
        (thrown: unknown) => thrown,
      )
      const { code, message, stack, facts } = error as { code: string; message: string; stack: string; facts: object }
      return { code, facts, text: `${message} ${stack} ${JSON.stringify(error)}` }
    }
    async function refused(
      make: (target: TargetRef, owner: Owner) => Promise<Parameters<typeof bench.writer.apply>[0]>,
      target: TargetRef,
    ) {
      const failed = await failure(bench.writer.apply(await make(target, await bench.owner(target.name)), { signal }))
      expect(failed.text).not.toContain(LEAK)
      expect(failed.text).not.toContain(Buffer.from(LEAK).toString('base64').slice(0, 12))
      return failed
    }

    it('names a namespace that does not exist', async () => {
      const target = { namespace: 'nowhere-at-all', name: 'x' }
      const failed = await refused(async (at, owner) => createOf(bench, at, owner, { a: LEAK }), target)
      expect(failed).toMatchObject({
        code: 'WriteFailed',
        text: expect.stringContaining('namespace nowhere-at-all does not exist'),
      })
    })

    it('names a key that the type requires', async () => {
      const failed = await refused(
        async (target, owner) => ({
          ...createOf(bench, target, owner, { 'tls.crt': LEAK }),
          type: 'kubernetes.io/tls',
        }),
        ref('no-tls'),
      )
      expect(failed).toMatchObject({
        code: 'InvalidForType',
        text: expect.stringContaining('data[tls.key]'),
        facts: { httpStatus: 422 },
      })
    })

    it('names a key with content that the type does not allow', async () => {
      const failed = await refused(
        async (target, owner) => ({
          ...createOf(bench, target, owner, { '.dockerconfigjson': LEAK }),
          type: 'kubernetes.io/dockerconfigjson',
        }),
        ref('no-docker'),
      )
      expect(failed).toMatchObject({ code: 'InvalidForType', text: expect.stringContaining('data[.dockerconfigjson]') })
    })

    it.each(['a managed Secret', 'a Secret of another client'])(
      'refuses a patch of %s with another type, and writes nothing',
      async (what) => {
        const target = ref(`retyped-${what.length}`)
        const owner = await bench.owner(`${target.name}-owner`)
        if (what.startsWith('a managed'))
          await bench.writer.apply(createOf(bench, target, owner, { a: '1' }), { signal })
        else await bench.make(target, { data: { a: btoa('1') } })
        const record = recordFor(bench.digester, target, { a: LEAK })
        const patch = patchOf(await observe(target), owner, record, { set: { a: LEAK } })
        const failed = await failure(bench.writer.apply({ ...patch, type: 'example.com/other' }, { signal }))
        expect(failed).toMatchObject({
          code: 'InvalidForType',
          text: expect.stringContaining('type: the Secret has another one'),
          facts: { field: 'type' },
        })
        expect(await bench.read(target)).toEqual({ a: '1' })
      },
    )

    it('rejects too much data as TooLarge', async () => {
      const failed = await refused(
        async (target, owner) => createOf(bench, target, owner, { a: LEAK.repeat(60_000) }),
        ref('huge'),
      )
      expect(failed.code).toBe('TooLarge')
    })

    it('rejects too large a provenance before any request', async () => {
      const values = Object.fromEntries(Array.from({ length: 6_000 }, (_, index) => [`key-number-${index}`, 'x']))
      const failed = await refused(async (target, owner) => createOf(bench, target, owner, values), ref('many'))
      expect(failed.code).toBe('TooLarge')
    })

    it('reports a Secret that another client made immutable', async () => {
      const { target, owner } = await written('immutable')
      await bench.patch(target, { immutable: true })
      const record = recordFor(bench.digester, target, { a: LEAK })
      const patch = patchOf(await observe(target), owner, record, { set: { a: LEAK } })
      // The first rejection is a conflict, so that the caller decides again.
      expect(await failure(bench.writer.apply(patch, { signal }))).toMatchObject({ code: 'Conflict' })
      const failed = await failure(bench.writer.apply(patch, { signal }))
      expect(failed).toMatchObject({ code: 'WriteDenied', text: expect.stringContaining('immutable') })
      expect(failed.text).not.toContain(LEAK)
    })

    it('names missing permissions', async () => {
      await using powerless = await bench.withoutRights({ watch: false })
      const target = ref('forbidden')
      const owner = await bench.owner('forbidden')
      const failed = await failure(powerless.writer.apply(createOf(bench, target, owner, { a: LEAK }), { signal }))
      expect(failed).toMatchObject({ code: 'WriteDenied', facts: { httpStatus: 403 } })
      expect(failed.text).toContain(`verb "create" on "secrets" in namespace ${cluster.namespace}`)
      expect(failed.text).not.toContain(LEAK)
      expect(await failure(powerless.writer.observe(target, { signal }))).toMatchObject({ code: 'WriteDenied' })
    })
  })
})
