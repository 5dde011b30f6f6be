import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import type { ObservedSecret, OwnerRecord, TargetRef } from '@ack-secret-manager/core'
import { createOf, patchOf, recordFor, there } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { describe, expect, it } from 'vitest'
import { WriterBench } from '../testing/writer-bench.ts'

const { signal } = new AbortController()
const MANAGED = 'alibabacloud.com/managed-by'
const PROVENANCE = 'alibabacloud.com/provenance'
/** Part of a record that exceeds a metadata budget of zero. */
const LARGE: Partial<OwnerRecord> = {
  found: new Map([['find', Array.from({ length: 200 }, (_, at) => `secret-number-${at}`)]]),
}

/** What is changed, the kind of change that is reported, the edit, and what is observed then. */
type Edit = [
  what: string,
  kind: 'changed' | 'deleted',
  tamper: (target: TargetRef) => Promise<void>,
  expected: Partial<ObservedSecret> | undefined,
]

describeCluster('changes by other clients', () => {
  const cluster = useCluster()

  describe.each<[string, number, Partial<OwnerRecord>, number]>([
    ['an owned Secret', 1_000_000, {}, 0],
    ['an owned Secret beyond the metadata budget', 0, LARGE, 1],
    ['a merged Secret', 1_000_000, { creation: 'merge' }, 0],
    ['a merged Secret beyond the metadata budget', 0, { ...LARGE, creation: 'merge' }, 1],
  ])('to %s', (which, metadataBudgetBytes, more, uncached) => {
    const bench = useFixture(() => WriterBench.open(cluster, { metadataBudgetBytes }))

    /** Server-side apply, as by Helm and kubectl. */
    async function applyText({ namespace, name }: TargetRef, stringData: object): Promise<void> {
      const path = `/api/v1/namespaces/${namespace}/secrets/${name}?fieldManager=helm&force=true`
      const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }
      const { status } = await cluster.request('PATCH', path, body, { contentType: 'application/apply-patch+yaml' })
      expect(status).toBe(200)
    }
    const edits: readonly Edit[] = [
      [
        'a changed key',
        'changed',
        (target) => bench.edit(target, 'a', 'eve'),
        { drifted: ['a'], metadataDrifted: false },
      ],
      [
        'a key changed under our field manager',
        'changed',
        (target) => bench.patch(target, { data: { a: 'ZXZl' } }, 'ack-secret-manager'),
        more.found ? { drifted: ['a'] } : {},
      ],
      ['a key applied through stringData', 'changed', (target) => applyText(target, { a: 'eve' }), { drifted: ['a'] }],
      ['a removed key', 'changed', (target) => bench.edit(target, 'a', undefined), { drifted: ['a'] }],
      ['a deletion', 'deleted', (target) => bench.delete(target), undefined],
      [
        'our label removed',
        'deleted',
        (target) => bench.patch(target, { metadata: { labels: { [MANAGED]: null } } }),
        { metadataDrifted: true },
      ],
      [
        'the provenance edited',
        'changed',
        (target) => bench.patch(target, { metadata: { annotations: { [PROVENANCE]: '{"v":1' } } }),
        { metadataDrifted: true, records: new Map() },
      ],
      [
        'the provenance removed',
        'changed',
        (target) => bench.patch(target, { metadata: { annotations: { [PROVENANCE]: null } } }),
        { metadataDrifted: true, records: new Map() },
      ],
      [
        'the content digest edited',
        'changed',
        (target) => bench.patch(target, { metadata: { annotations: { 'alibabacloud.com/content-digest': 'x' } } }),
        { metadataDrifted: true },
      ],
      [
        'our owner reference removed',
        'changed',
        (target) => bench.patch(target, { metadata: { ownerReferences: null } }),
        { metadataDrifted: true },
      ],
    ]
    const isPossible = ([what]: Edit): boolean => more.creation !== 'merge' || !what.includes('owner reference')

    it.each(edits.filter((edit) => isPossible(edit)))(
      'are reported and can be repaired: %s',
      async (what, kind, tamper, expected) => {
        const name = `${which} ${what}`.replaceAll(' ', '-').toLowerCase()
        const target = { namespace: cluster.namespace, name }
        const owner = await bench.owner(name)
        const values = { a: '1', b: '2' }
        const record = recordFor(bench.digester, target, values, more)
        const before = bench.changes.length
        const uncachedBefore = bench.writer.uncached
        await bench.writer.apply(createOf(bench, target, owner, values, more), { signal })
        await bench.untilWatched()
        expect(bench.writer.uncached - uncachedBefore).toBe(uncached)
        expect(bench.writer.targetsOf(cluster.namespace, name)).toEqual([target])
        expect(bench.changes.slice(before)).toEqual([])
        await tamper(target)
        expect(await bench.change(target, before)).toEqual({ target, kind, ownerNames: [name] })
        const seen = await bench.writer.observe(target, { signal, fresh: true })
        expect(seen === undefined).toBe(expected === undefined)
        expect(seen ?? {}).toMatchObject(expected ?? {})
        const action = seen
          ? patchOf(seen, owner, record, { set: values })
          : createOf(bench, target, owner, values, more)
        const repaired = there(await bench.writer.apply(action, { signal }))
        expect(repaired).toMatchObject({ drifted: [], metadataDrifted: false, records: new Map([[name, record]]) })
        expect(repaired.controller?.name).toBe(record.creation === 'owner' ? name : undefined)
        await bench.untilWatched()
        const changes = bench.changes.length
        expect(await bench.writer.observe(target, { signal })).toEqual(repaired)
        expect(await bench.read(target)).toEqual(values)
        await bench.untilWatched()
        expect(bench.changes.slice(changes)).toEqual([])
      },
    )
  })
})
