import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import type { OwnerRecord, SecretSyncError, TargetRef } from '@ack-secret-manager/core'
import { killAt } from '@ack-secret-manager/test-support/mortal-client'
import { createOf, recordFor, there } from '@ack-secret-manager/testkit'
import { expect, it } from 'vitest'
import { jsonBody, type PostedSecret } from '../replacement/posted-secret.ts'
import { replacementBody, replacementOf } from '../replacement/replacement.ts'
import { createBody } from './secret-body.ts'
import { WriterBench } from '../testing/writer-bench.ts'

const { signal } = new AbortController()
const ANNOTATION = 'alibabacloud.com/replacement'
const LABELS = { 'alibabacloud.com/managed-by': 'ack-secret-manager' }
const TOKEN = 'kubernetes.io/service-account-token'
const ACCOUNT = 'kubernetes.io/service-account.name'
const ADOPT = 'alibabacloud.com/adopt'
const PROVENANCE = 'alibabacloud.com/provenance'

/** The Secret that the operator signs. */
interface Staged {
  readonly body: PostedSecret
  readonly record: OwnerRecord
  readonly ownerName: string
}

function edited(body: PostedSecret, metadata: Partial<PostedSecret['metadata']>): Partial<Staged> {
  const labels = { ...body.metadata.labels, ...metadata.labels }
  const annotations = { ...body.metadata.annotations, ...metadata.annotations }
  return { body: { ...body, metadata: { ...body.metadata, ...metadata, labels, annotations } } }
}

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
  const finish = async (
    bench: WriterBench,
    target: TargetRef,
    ownerName: string = target.name,
  ): Promise<SecretSyncError | undefined> => {
    await using next = await WriterBench.open(cluster, { digester: bench.digester })
    expect([...next.writer.unfinished()].filter((one) => one.target.name === target.name)).toHaveLength(1)
    try {
      await next.writer.apply({ kind: 'finish', target, ownerName }, { signal })
      return undefined
    } catch (error) {
      return error as SecretSyncError
    }
  }
  /** State after a crash between the deletion of the old Secret and the creation of the new one. */
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
    ['a token of a ServiceAccount', { type: TOKEN, annotations: { [ACCOUNT]: 'default' } }],
    ['a plain Secret, as an earlier version left it', {}],
    ['a Secret with an invalid signature', { signature: 'x' }],
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
    ['annotations', { annotations: { [ACCOUNT]: 'default' } }],
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

  it('creates nothing from a replacement with changed data', async () => {
    await using bench = await WriterBench.open(cluster, { watch: false })
    const target = await interrupted(bench, 'signed-data')
    await bench.edit(replacementOf(target), 'a', 'theirs')
    expect(await finish(bench, target)).toMatchObject({ code: 'TargetConflict' })
    expect(await bench.object(target)).toBeUndefined()
  })

  it.each<[string, string, (body: PostedSecret, record: OwnerRecord) => Partial<Staged>]>([
    ['type', `type ${TOKEN}`, (body) => ({ body: { ...body, type: TOKEN } })],
    ['content', 'requires key tls.key', (body) => ({ body: { ...body, type: 'kubernetes.io/tls' } })],
    ['label', 'label alibabacloud.com/own', (body) => edited(body, { labels: { 'alibabacloud.com/own': 'x' } })],
    ['annotation', `annotation ${ACCOUNT}`, (body) => edited(body, { annotations: { [ACCOUNT]: 'default' } })],
    ['adoption', `annotation ${ADOPT}`, (body) => edited(body, { annotations: { [ADOPT]: 'true' } })],
    ['record', 'and its record do not match', (body) => edited(body, { annotations: { [PROVENANCE]: '{}' } })],
    ['deletion', 'and its record do not match', (_body, record) => ({ record: { ...record, deletion: 'retain' } })],
    ['owner', 'and its record do not match', () => ({ ownerName: 'another-owner' })],
    ['reference', 'and its ownerReferences do not match', (body) => edited(body, { ownerReferences: [] })],
    ['name', 'is reserved for replacements', (body) => edited(body, { name: 'acksm-replacement-x' })],
  ])('creates no invalid Secret, even from a signed replacement: %s', async (what, says, change) => {
    await using bench = await WriterBench.open(cluster, { watch: false })
    const create = createOf(bench, ref(`allowed-${what}`), await bench.owner(`allowed-${what}`), { 'tls.crt': '1' })
    const honest = { body: createBody(create), record: create.record, ownerName: create.owner.name }
    const { body, record, ownerName } = { ...honest, ...change(honest.body, honest.record) }
    const target = ref(body.metadata.name)
    await bench.make(replacementOf(target), jsonBody(replacementBody(body, ownerName, record, bench.digester)))
    const error = await finish(bench, target, ownerName)
    expect(error).toMatchObject({ message: expect.stringContaining(says) })
    expect(error?.message).toContain(`delete ${replacementOf(target).name}`)
    expect(await bench.object(target)).toBeUndefined()
  })

  it('does not block a valid replacement', async () => {
    await using bench = await WriterBench.open(cluster, { watch: false })
    const target = await interrupted(bench, 'signed')
    expect(await finish(bench, target)).toBeUndefined()
    expect(await bench.read(target)).toEqual({ a: 'new' })
  })

  it('is deleted after the owner has written its Secret', async () => {
    await using bench = await WriterBench.open(cluster, { watch: false })
    const target = ref('cleared')
    await bench.writer.apply(createOf(bench, target, await bench.owner('cleared'), { a: '1' }), { signal })
    await forge(bench, target, packedOf('cleared', { type: TOKEN }))
    expect(await finish(bench, target)).toBeUndefined()
    expect(await bench.read(target)).toEqual({ a: '1' })
    expect(await bench.object(replacementOf(target))).toBeUndefined()
  })
})
