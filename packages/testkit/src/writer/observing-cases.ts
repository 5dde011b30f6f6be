/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import { contractCase } from '../contract-case.ts'
import { patchOf, recordFor, there, TYPE } from './writer-actions.ts'
import { signal, VALUES, type WrittenCase } from './writer-target.ts'

/** Observations of a target that holds {@link VALUES}. */
export const observingCases: readonly WrittenCase[] = [
  ...(
    [
      ['changed', 'eve'],
      ['removed', undefined],
    ] as const
  ).map(([what, value]): WrittenCase =>
    contractCase(
      `detects that another client ${what} a managed key, and repairs it`,
      async ({ harness, target, owner, observed, record }) => {
        await harness.edit(target, 'a', value)
        const drifted = there(await harness.writer.observe(target, { signal, fresh: true }))
        // A writer that cannot detect which keys were edited reports more keys until it compares them.
        expect(drifted.drifted).toContain('a')
        const inspected = there(await harness.writer.inspect(target, { signal }))
        expect(inspected.drifted).toEqual(['a'])
        const repair = patchOf(inspected, owner, record, { set: { a: '1' } })
        const repaired = there(await harness.writer.apply(repair, { signal }))
        expect(repaired).toMatchObject({ uid: observed.uid, drifted: [] })
        expect(await harness.read(target)).toEqual(VALUES)
      },
    ),
  ),
  contractCase('keeps keys of another client, and reports them as not managed', async ({ harness, target, owner }) => {
    await harness.edit(target, 'theirs', 'x')
    const observed = there(await harness.writer.observe(target, { signal, fresh: true }))
    expect(observed).toMatchObject({ drifted: [], foreignKeys: new Set(['theirs']), metadataDrifted: false })
    const record = recordFor(harness.digester, target, { ...VALUES, a: '2' })
    await harness.writer.apply(patchOf(observed, owner, record, { set: { a: '2' } }), { signal })
    expect(await harness.read(target)).toEqual({ ...VALUES, a: '2', theirs: 'x' })
  }),
  contractCase('inspects the current content', async ({ harness, target, owner, record }) => {
    await harness.edit(target, 'a', 'eve')
    await harness.edit(target, 'c', undefined)
    await harness.edit(target, 'theirs', 'x')
    const inspected = there(await harness.writer.inspect(target, { signal }))
    const { keys } = there(inspected.records.get(owner.name))
    expect([...keys.keys()]).toEqual(['a', 'b'])
    expect(keys.get('a')?.digest).toBe(harness.digester.digest(target, 'a', Buffer.from('eve')))
    expect(keys.get('b')).toEqual(record.keys.get('b'))
    expect(inspected).toMatchObject({ type: TYPE, foreignKeys: new Set(['theirs']) })
    expect(inspected.drifted.toSorted()).toEqual(['a', 'c'])
  }),
  contractCase('reads the values of some keys, if it can', async ({ harness, target }) => {
    await harness.edit(target, 'a', 'eve')
    await harness.edit(target, 'c', undefined)
    await harness.edit(target, 'theirs', 'x')
    const { writer } = harness
    const read = await writer.readValues?.(target, { signal, keys: ['a', 'c', 'theirs', 'none', '__proto__'] })
    if (writer.readValues === undefined) return
    const { values, edited, observed } = there(read)
    const texts = [...values].map(([key, bytes]) => [key, Buffer.from(bytes.expose()).toString()])
    expect(Object.fromEntries(texts)).toEqual({ a: 'eve', theirs: 'x' })
    expect(edited).toEqual(new Set(['a']))
    expect(observed).toEqual(await writer.inspect(target, { signal }))
    const absent = { ...target, name: `${target.name}-absent` }
    expect(await writer.readValues(absent, { signal, keys: ['a'] })).toBeUndefined()
  }),
  contractCase('lists the targets of an owner', async ({ harness, target, owner, observed }) => {
    expect(harness.writer.ownedBy(target.namespace, owner.name)).toEqual([observed])
    expect(harness.writer.ownedBy('elsewhere', owner.name)).toEqual([])
    expect(harness.writer.ownedBy(target.namespace, 'unknown')).toEqual([])
    expect([...harness.writer.owned()]).toContainEqual(observed)
  }),
]
