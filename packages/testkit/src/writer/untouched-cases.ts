/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { recordMetadata } from '@ack-secret-manager/core'
import { expect } from 'vitest'
import { contractCase } from '../contract-case.ts'
import { createOf, patchOf, recordFor, releaseOf, there, TYPE } from './writer-actions.ts'
import { type TargetCase, signal, write } from './writer-target.ts'

/** Cases on new targets. */
export const untouchedCases: readonly TargetCase[] = [
  contractCase('observes no target that does not exist', async ({ harness: { writer }, target }) => {
    expect(await writer.observe(target, { signal, fresh: true })).toBeUndefined()
    expect(await writer.observe(target, { signal })).toBeUndefined()
    expect(await writer.inspect(target, { signal })).toBeUndefined()
  }),
  contractCase('creates a target with exactly the bytes, and records their origin', async (writerTarget) => {
    const { harness, target } = writerTarget
    const values = { user: 'tom', 'pass.word': 'ä\n\0' }
    const { observed, owner, record } = await write(writerTarget, values)
    expect(await harness.read(target)).toEqual(values)
    expect(observed).toMatchObject({ target, type: TYPE, drifted: [], adoptRequested: false, metadataDrifted: false })
    expect(observed.controller).toEqual({ kind: owner.kind, name: owner.name, uid: owner.uid })
    expect(observed.records).toEqual(new Map([[owner.name, record]]))
    expect(observed.foreignKeys).toEqual(new Set())
    expect(await harness.writer.observe(target, { signal, fresh: true })).toEqual(observed)
    expect(await harness.writer.observe(target, { signal })).toEqual(observed)
  }),
  contractCase('accepts keys that are special in JavaScript', async (writerTarget) => {
    const names = ['__proto__', 'constructor', 'toString']
    const values = Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
    const { observed, owner, harness, target } = await write(writerTarget, values)
    expect(await harness.read(target)).toEqual(values)
    expect([...there(observed.records.get(owner.name)).keys.keys()].toSorted()).toEqual(names)
  }),
  contractCase(
    'records the labels and annotations of an owner, whether or not a target can have them',
    async ({ harness, target }) => {
      const owner = await harness.owner(`${target.name}-owner`)
      const metadata = new Map([
        ['labels/app', 'web'],
        ['annotations/example.com/note', 'a b'],
      ] as const)
      const create = createOf(harness, target, owner, { a: '1' }, { metadata: there(recordMetadata(metadata)) })
      const observed = there(await harness.writer.apply({ ...create, metadata }, { signal }))
      expect(observed).toMatchObject({ records: new Map([[owner.name, create.record]]), metadataDrifted: false })
      const fewer = new Map([['labels/app', 'shop']] as const)
      const record = recordFor(harness.digester, target, { a: '1' }, { metadata: there(recordMetadata(fewer)) })
      const patch = { ...patchOf(observed, owner, record), metadata: fewer }
      const after = there(await harness.writer.apply(patch, { signal }))
      expect(after.records.get(owner.name)).toEqual(record)
      expect(await harness.writer.observe(target, { signal, fresh: true })).toEqual(after)
    },
  ),
  contractCase('compares content if the records have digests of another key', async ({ harness, target }) => {
    const owner = await harness.owner(`${target.name}-owner`)
    const former = { keyId: 'former', digest: () => 'digest-by-former' }
    await harness.writer.apply(createOf({ digester: former }, target, owner, { a: '1' }), { signal })
    const inspected = there(await harness.writer.inspect(target, { signal }))
    expect(inspected.records.get(owner.name)).toEqual(recordFor(harness.digester, target, { a: '1' }))
    expect(inspected.drifted).toEqual([])
  }),
  contractCase('lets several owners manage their own keys', async (writerTarget) => {
    const { harness, target, owner, observed, record } = await write(writerTarget, { a: '1' }, { creation: 'merge' })
    const other = await harness.owner(`${target.name}-second`)
    const otherRecord = recordFor(harness.digester, target, { b: '2' }, { creation: 'merge' })
    const join = patchOf(observed, other, otherRecord, { set: { b: '2' } })
    const both = there(await harness.writer.apply(join, { signal }))
    expect(both.records).toEqual(
      new Map([
        [owner.name, record],
        [other.name, otherRecord],
      ]),
    )
    expect(both.controller).toBeUndefined()
    const leave = releaseOf(both, owner.name, 'remove-keys', ['a'])
    const one = there(await harness.writer.apply(leave, { signal }))
    expect(one.records).toEqual(new Map([[other.name, otherRecord]]))
    expect(await harness.read(target)).toEqual({ b: '2' })
  }),
  contractCase('removes an owner and keeps the keys', async (writerTarget) => {
    const { harness, target, owner, observed } = await write(writerTarget, { a: '1' }, { deletion: 'retain' })
    expect(observed).toMatchObject({ controller: undefined, metadataDrifted: false })
    const after = there(await harness.writer.apply(releaseOf(observed, owner.name, 'forget'), { signal }))
    expect(after).toMatchObject({ uid: observed.uid, records: new Map(), metadataDrifted: false })
    expect(await harness.read(target)).toEqual({ a: '1' })
    expect(harness.writer.ownedBy(target.namespace, owner.name)).toEqual([])
  }),
]
