import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import type { SecretSyncError, TargetRef } from '@ack-secret-manager/core'
import { killAt } from '@ack-secret-manager/testbed/mortal-client'
import { createOf, recordFor, there } from '@ack-secret-manager/testkit'
import { expect, it } from 'vitest'
import { replacementOf } from './replacement.ts'
import { WriterBench } from './test-cluster.ts'

const { signal } = new AbortController()
const ANNOTATION = 'alibabacloud.com/replacement'
const LABELS = { 'alibabacloud.com/managed-by': 'ack-secret-manager' }
const TOKEN = 'kubernetes.io/service-account-token'

describeCluster('a replacement Secret that a user has forged', () => {
  const cluster = useCluster()
  const ref = (name: string): TargetRef => ({ namespace: cluster.namespace, name })
  const forge = (bench: WriterBench, target: TargetRef, packed: object, data = {}): Promise<void> => {
    const annotations = { [ANNOTATION]: JSON.stringify(packed) }
    const metadata = { name: replacementOf(target).name, labels: LABELS, annotations }
    return bench.make(replacementOf(target), { metadata, type: ANNOTATION, data })
  }
  const packedOf = (name: string, more: object = {}): object => ({
    owner: name,
    deletion: 'delete',
    name,
    labels: {},
    annotations: {},
    ownerReferences: [],
    type: 'Opaque',
    ...more,
  })
  const finish = async (bench: WriterBench, target: TargetRef): Promise<SecretSyncError | undefined> => {
    await using next = await WriterBench.open(cluster, { digester: bench.digester })
    expect([...next.writer.unfinished()].filter((one) => one.target.name === target.name)).toHaveLength(1)
    try {
      await next.writer.apply({ kind: 'finish', target, ownerName: target.name }, { signal })
      return undefined
    } catch (error) {
      return error as SecretSyncError
    }
  }
  /** What a process leaves that dies between the deletion of the old Secret and the creation of the new one. */
  async function interrupted(bench: WriterBench, name: string): Promise<TargetRef> {
    const target = ref(name)
    const owner = await bench.owner(name)
    const observed = there(await bench.writer.apply(createOf(bench, target, owner, { a: 'old' }), { signal }))
    await using mortal = await WriterBench.open(cluster, { watch: false, digester: bench.digester })
    killAt(mortal.client, 6, 'before it is sent')
    const { set } = createOf(bench, target, owner, { a: 'new' })
    const record = recordFor(bench.digester, target, { a: 'new' }, { versionId: 'v2' })
    const exactly = { ifUid: observed.uid, ifResourceVersion: observed.resourceVersion }
    const replace = { kind: 'replace', target, owner, type: 'Opaque', set, carry: [], record, ...exactly } as const
    await expect(mortal.writer.apply(replace, { signal })).rejects.toMatchObject({ code: 'Unavailable' })
    expect(await bench.object(target)).toBeUndefined()
    return target
  }

  it.each<[string, object]>([
    ['a token of a ServiceAccount', { type: TOKEN, annotations: { 'kubernetes.io/service-account.name': 'default' } }],
    ['a plain Secret, as an earlier version left it', {}],
    ['a Secret with a signature that is none', { signature: 'x' }],
  ])('creates nothing: %s', async (_what, more) => {
    await using bench = await WriterBench.open(cluster, { watch: false })
    const target = ref(`forged-${Object.keys(more).join('-') || 'plain'}`)
    await forge(bench, target, packedOf(target.name, more), { a: 'eA==' })
    const error = await finish(bench, target)
    expect(error).toMatchObject({ code: 'TargetConflict', message: expect.stringContaining('no valid signature') })
    expect(error?.message).toContain(`delete ${replacementOf(target).name}`)
    expect(await bench.object(target)).toBeUndefined()
    expect(await bench.object(replacementOf(target))).toBeDefined()
  })

  it.each<[string, object]>([
    ['type', { type: TOKEN }],
    ['owner', { ownerReferences: [] }],
    ['annotations', { annotations: { 'kubernetes.io/service-account.name': 'default' } }],
    ['deletion', { deletion: 'retain' }],
  ])('creates nothing with the signature of another one: %s', async (what, more) => {
    await using bench = await WriterBench.open(cluster, { watch: false })
    const target = await interrupted(bench, `signed-${what}`)
    const place = replacementOf(target)
    const packed = JSON.parse(there(await bench.object(place)).metadata.annotations?.[ANNOTATION] ?? '') as object
    await bench.patch(place, { metadata: { annotations: { [ANNOTATION]: JSON.stringify({ ...packed, ...more }) } } })
    expect(await finish(bench, target)).toMatchObject({ code: 'TargetConflict' })
    expect(await bench.object(target)).toBeUndefined()
  })

  it('creates nothing with other data than was signed', async () => {
    await using bench = await WriterBench.open(cluster, { watch: false })
    const target = await interrupted(bench, 'signed-data')
    await bench.edit(replacementOf(target), 'a', 'theirs')
    expect(await finish(bench, target)).toMatchObject({ code: 'TargetConflict' })
    expect(await bench.object(target)).toBeUndefined()
  })

  it('does not keep a true one from being finished', async () => {
    await using bench = await WriterBench.open(cluster, { watch: false })
    const target = await interrupted(bench, 'signed')
    expect(await finish(bench, target)).toBeUndefined()
    expect(await bench.read(target)).toEqual({ a: 'new' })
  })

  it('is cleared away when the owner has written its Secret', async () => {
    await using bench = await WriterBench.open(cluster, { watch: false })
    const target = ref('cleared')
    await bench.writer.apply(createOf(bench, target, await bench.owner('cleared'), { a: '1' }), { signal })
    await forge(bench, target, packedOf('cleared', { type: TOKEN }))
    expect(await finish(bench, target)).toBeUndefined()
    expect(await bench.read(target)).toEqual({ a: '1' })
    expect(await bench.object(replacementOf(target))).toBeUndefined()
  })
})
