import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import {
  type MetadataName,
  type ObservedSecret,
  type OwnerRecord,
  recordMetadata,
  type TargetRef,
} from '@ack-secret-manager/core'
import { createOf, patchOf, recordFor, releaseOf, there } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { expect, it } from 'vitest'
import { WriterBench } from './testing/writer-bench.ts'

const { signal } = new AbortController()
type Wanted = Partial<Record<MetadataName, string>>

describeCluster('labels and annotations on a real API server', () => {
  const cluster = useCluster()
  const bench = useFixture(() => WriterBench.open(cluster))

  const ref = (name: string): TargetRef => ({ namespace: cluster.namespace, name })
  const part = (
    wanted: Wanted,
  ): { record: Partial<OwnerRecord>; action: { metadata?: ReadonlyMap<MetadataName, string> } } => {
    const metadata = new Map(Object.entries(wanted) as [MetadataName, string][])
    const record = recordMetadata(metadata)
    return { record: record ? { metadata: record } : {}, action: record ? { metadata } : {} }
  }
  async function created(name: string, wanted: Wanted, more: Partial<OwnerRecord> = {}) {
    const { record, action } = part(wanted)
    const owner = await bench.owner(name)
    const create = { ...createOf(bench, ref(name), owner, { a: '1' }, { ...more, ...record }), ...action }
    return { target: ref(name), owner, observed: there(await bench.writer.apply(create, { signal })) }
  }
  async function patched(observed: ObservedSecret, name: string, wanted: Wanted, more: Partial<OwnerRecord> = {}) {
    const { record, action } = part(wanted)
    const next = recordFor(bench.digester, observed.target, { a: '1' }, { ...more, ...record })
    const patch = { ...patchOf(observed, await bench.owner(name), next), ...action }
    return there(await bench.writer.apply(patch, { signal }))
  }
  const read = async (target: TargetRef) => there(await bench.writer.observe(target, { signal, fresh: true }))
  const seen = async (target: TargetRef) => {
    const { labels = {}, annotations = {} } = there(await bench.object(target)).metadata
    const theirs = (map: Record<string, string>) =>
      Object.entries(map).filter(([name]) => !name.includes('alibabacloud.com/'))
    return { labels: Object.fromEntries(theirs(labels)), annotations: Object.fromEntries(theirs(annotations)) }
  }
  const APP = { 'app.kubernetes.io/managed-by': 'ack-secret-manager' }

  it('are set on creation, changed and removed, and foreign ones are kept', async () => {
    const { target, observed } = await created('follows', { 'labels/team': 'a', 'annotations/note': 'x\ny' })
    expect(observed).toMatchObject({ metadataDrifted: false, foreignMetadata: new Set() })
    expect(await seen(target)).toEqual({ labels: { ...APP, team: 'a' }, annotations: { note: 'x\ny' } })

    await bench.patch(target, { metadata: { labels: { theirs: 'z' }, annotations: { theirs: 'z' } } })
    const next = await patched(await read(target), 'follows', { 'labels/team': 'b', 'labels/new': '' })
    expect(next).toMatchObject({
      metadataDrifted: false,
      foreignMetadata: new Set(['labels/theirs', 'annotations/theirs']),
    })
    expect(await seen(target)).toEqual({
      labels: { ...APP, team: 'b', new: '', theirs: 'z' },
      annotations: { theirs: 'z' },
    })

    const last = await patched(next, 'follows', {})
    expect(last.records.get('follows')?.metadata).toBeUndefined()
    expect(await seen(target)).toEqual({ labels: { ...APP, theirs: 'z' }, annotations: { theirs: 'z' } })
  })

  it('are kept while they cannot be rendered, and removed when they are no longer desired', async () => {
    const wanted = { 'labels/team': 'a', 'annotations/note': 'x' } as const
    const { target, observed } = await created('stays', wanted)
    const { record } = part(wanted)
    const kept = await patched(observed, 'stays', {}, { ...record, deletion: 'retain' })
    expect(kept).toMatchObject({ metadataDrifted: false })
    expect(await seen(target)).toEqual({ labels: { ...APP, team: 'a' }, annotations: { note: 'x' } })
    await patched(kept, 'stays', {}, { deletion: 'retain' })
    expect(await seen(target)).toEqual({ labels: APP, annotations: {} })
  })

  it('count as drift if another client changes or removes one, and cause no write otherwise', async () => {
    const wanted = { 'labels/team': 'a', 'annotations/note': 'x' } as const
    const { target, observed } = await created('drifts', wanted)
    expect((await patched(observed, 'drifts', wanted)).resourceVersion).toBe(observed.resourceVersion)
    for (const metadata of [{ labels: { team: 'eve' } }, { annotations: { note: null } }]) {
      const before = bench.changes.length
      await bench.patch(target, { metadata })
      expect(await bench.change(target, before)).toMatchObject({ kind: 'changed', ownerNames: ['drifts'] })
      const drifted = await read(target)
      expect(drifted).toMatchObject({ metadataDrifted: true, drifted: [] })
      expect(await patched(drifted, 'drifts', wanted)).toMatchObject({ metadataDrifted: false })
      expect(await seen(target)).toEqual({ labels: { ...APP, team: 'a' }, annotations: { note: 'x' } })
    }
    const before = bench.changes.length
    await bench.patch(target, { metadata: { labels: { other: 'x' } } })
    await bench.untilWatched()
    expect(bench.changes.slice(before).filter((change) => change.target.name === 'drifts')).toEqual([])
  })

  it('belong to one owner of a shared Secret, and are removed with it', async () => {
    const merge = { creation: 'merge' } as const
    const { target, observed } = await created('shared', { 'labels/first': 'a' }, merge)
    const { record, action } = part({ 'labels/second': 'b', 'annotations/second': 'b' })
    const other = recordFor(bench.digester, target, { b: '2' }, { ...merge, ...record })
    const join = { ...patchOf(observed, await bench.owner('shared-two'), other, { set: { b: '2' } }), ...action }
    const both = there(await bench.writer.apply(join, { signal }))
    expect(both.foreignMetadata).toEqual(new Set())
    await bench.writer.apply(releaseOf(both, 'shared-two', 'remove-keys', ['b']), { signal })
    expect(await seen(target)).toEqual({ labels: { ...APP, first: 'a' }, annotations: {} })
  })

  it('stay on a released Secret', async () => {
    const { target, observed } = await created('let-go', { 'labels/team': 'a' }, { deletion: 'retain' })
    await bench.writer.apply(releaseOf(observed, 'let-go', 'forget'), { signal })
    expect(await seen(target)).toEqual({ labels: { team: 'a' }, annotations: {} })
  })

  it('can set the label of the managing tool', async () => {
    const { target } = await created('managed', { 'labels/app.kubernetes.io/managed-by': 'team-web' })
    expect(await seen(target)).toMatchObject({ labels: { 'app.kubernetes.io/managed-by': 'team-web' } })
  })
})
