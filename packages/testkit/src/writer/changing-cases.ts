/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import { contractCase } from '../contract-case.ts'
import { createOf, patchOf, recordFor, releaseOf, replaceOf, there } from './writer-actions.ts'
import { expectConflict, signal, VALUES, type Written, type WrittenCase } from './writer-target.ts'

/** Changes of a target that holds {@link VALUES}. */
export const changingCases: readonly WrittenCase[] = [
  contractCase('refuses to create an existing target, and does not change it', async ({ harness, target, owner }) => {
    await expectConflict(harness, createOf(harness, target, owner, { a: 'eve' }))
    expect(await harness.read(target)).toEqual(VALUES)
  }),
  contractCase(
    'sets and removes exactly the named keys and keeps the others',
    async ({ harness, target, owner, observed }) => {
      const record = recordFor(harness.digester, target, { a: '1', b: 'two', d: '4' }, { versionId: 'v2' })
      const patch = patchOf(observed, owner, record, { set: { b: 'two', d: '4' }, remove: ['c'] })
      const after = there(await harness.writer.apply(patch, { signal }))
      expect(await harness.read(target)).toEqual({ a: '1', b: 'two', d: '4' })
      expect(after.records.get(owner.name)).toEqual(record)
      expect(after).toMatchObject({ uid: observed.uid, drifted: [], metadataDrifted: false })
      expect(after.resourceVersion).not.toBe(observed.resourceVersion)
    },
  ),
  contractCase('writes nothing when a patch changes nothing', async ({ harness, owner, observed, record }) => {
    const patch = patchOf(observed, owner, record, { set: VALUES })
    expect(await harness.writer.apply(patch, { signal })).toEqual(observed)
  }),
  ...[
    ['patch', ({ owner, record, observed }: Written) => patchOf(observed, owner, record, { set: { a: 'x' } })] as const,
    ['deletion', ({ owner, observed }: Written) => releaseOf(observed, owner.name, 'delete')] as const,
    [
      'removal of keys',
      ({ owner, observed }: Written) => releaseOf(observed, owner.name, 'remove-keys', ['a']),
    ] as const,
    ['farewell', ({ owner, observed }: Written) => releaseOf(observed, owner.name, 'forget')] as const,
    [
      'replacement',
      ({ owner, record, observed }: Written) => replaceOf(observed, owner, record, { carry: ['a', 'b', 'c'] }),
    ] as const,
  ].map(([what, actionOn]): WrittenCase =>
    contractCase(`refuses a ${what} of another version or another object`, async (written) => {
      const { harness, target, owner, observed } = written
      const record = recordFor(harness.digester, target, { ...VALUES, a: '2' }, { versionId: 'v2' })
      const change = patchOf(observed, owner, record, { set: { a: '2' } })
      const after = there(await harness.writer.apply(change, { signal }))
      await expectConflict(harness, actionOn(written))
      const another = { ...after, uid: '00000000-0000-4000-8000-000000000000' }
      await expectConflict(harness, actionOn({ ...written, observed: another }))
      expect(await harness.read(target)).toEqual({ ...VALUES, a: '2' })
    }),
  ),
  contractCase(
    'deletes a target, and refuses to change a deleted one',
    async ({ harness, target, owner, observed, record }) => {
      expect(await harness.writer.apply(releaseOf(observed, owner.name, 'delete'), { signal })).toBeUndefined()
      expect(await harness.read(target)).toBeUndefined()
      expect(await harness.writer.observe(target, { signal, fresh: true })).toBeUndefined()
      expect(await harness.writer.observe(target, { signal })).toBeUndefined()
      await expectConflict(harness, patchOf(observed, owner, record))
      await expectConflict(harness, releaseOf(observed, owner.name, 'forget'))
      await expectConflict(harness, releaseOf(observed, owner.name, 'delete'))
    },
  ),
  contractCase('distinguishes a recreated target from the former one', async ({ harness, target, owner, observed }) => {
    await harness.writer.apply(releaseOf(observed, owner.name, 'delete'), { signal })
    const again = await harness.writer.apply(createOf(harness, target, owner, VALUES), { signal })
    expect(there(again).uid).not.toBe(observed.uid)
  }),
  contractCase(
    'recreates a target with exactly the new and the kept keys',
    async ({ harness, target, owner, observed }) => {
      const record = recordFor(harness.digester, target, { a: '1', b: 'two' }, { versionId: 'v2' })
      const action = replaceOf(observed, owner, record, { set: { b: 'two' }, carry: ['a'], type: 'example.com/new' })
      const after = there(await harness.writer.apply(action, { signal }))
      expect(await harness.read(target)).toEqual({ a: '1', b: 'two' })
      expect(after.records).toEqual(new Map([[owner.name, record]]))
      expect(after).toMatchObject({ type: 'example.com/new', drifted: [], metadataDrifted: false })
      expect(await harness.writer.observe(target, { signal, fresh: true })).toEqual(after)
      expect([...(harness.writer.unfinished?.() ?? [])].filter((left) => left.target.name === target.name)).toEqual([])
      await expectConflict(harness, action)
    },
  ),
  contractCase('writes a record and nothing else', async ({ harness, target, owner, observed, record }) => {
    const { uid: ifUid, resourceVersion: ifResourceVersion } = observed
    const next = { ...record, restartDue: 'a change' }
    const action = { kind: 'record', target, ownerName: owner.name, record: next, ifUid, ifResourceVersion } as const
    const after = there(await harness.writer.apply(action, { signal }))
    expect(after).toMatchObject({ uid: ifUid, drifted: [], metadataDrifted: false })
    expect(after.records.get(owner.name)).toEqual(next)
    expect(await harness.read(target)).toEqual(VALUES)
    await expectConflict(harness, action)
  }),
  contractCase('changes from delete to retain and back', async ({ harness, target, owner, observed, record }) => {
    const retain = recordFor(harness.digester, target, VALUES, { deletion: 'retain' })
    const retained = there(await harness.writer.apply(patchOf(observed, owner, retain), { signal }))
    expect(retained).toMatchObject({ controller: undefined, metadataDrifted: false })
    const removable = there(await harness.writer.apply(patchOf(retained, owner, record), { signal }))
    expect(removable).toMatchObject({ controller: observed.controller, metadataDrifted: false })
  }),
  contractCase(
    'does nothing if the signal is already aborted',
    async ({ harness, target, owner, observed, record }) => {
      const patch = patchOf(observed, owner, record, { set: { a: '2' } })
      const given = harness.writer.apply(patch, { signal: AbortSignal.abort() })
      await expect(given).rejects.toMatchObject({ code: 'Cancelled' })
      expect(await harness.read(target)).toEqual(VALUES)
    },
  ),
]
