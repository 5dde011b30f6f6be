/* oxlint-disable vitest/no-standalone-expect, vitest/expect-expect -- the checks are functions that the tests at the end call */
import type {
  ContentDigester,
  ObservedSecret,
  Owner,
  OwnerRecord,
  SecretWriter,
  TargetAction,
  TargetRef,
} from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { createOf, patchOf, recordFor, releaseOf, there, TYPE } from './writer-actions.ts'

/** One writer and the place that it writes to, as somebody else sees it. */
export interface WriterHarness {
  readonly writer: SecretWriter
  readonly digester: ContentDigester
  readonly namespace: string
  owner(name: string): Promise<Owner>
  /** What a workload reads; undefined when there is nothing. */
  read(target: TargetRef): Promise<Record<string, string> | undefined>
  /** Somebody else changes a key, or removes it. */
  edit(target: TargetRef, key: string, value: string | undefined): Promise<void>
}

/** A harness, and a name that nobody has used. */
interface Place {
  readonly harness: WriterHarness
  readonly target: TargetRef
}

/** The same after a first write. */
interface Written extends Place {
  readonly owner: Owner
  readonly observed: ObservedSecret
  readonly record: OwnerRecord
}

type Case<P> = readonly [rule: string, check: (place: P) => Promise<void>]

const { signal } = new AbortController()

const untouched: readonly Case<Place>[] = [
  [
    'knows nothing of a target that is not there',
    async ({ harness: { writer }, target }) => {
      expect(await writer.observe(target, { signal, fresh: true })).toBeUndefined()
      expect(await writer.observe(target, { signal })).toBeUndefined()
      expect(await writer.inspect(target, { signal })).toBeUndefined()
    },
  ],
  [
    'creates a target with exactly the bytes, and remembers where they came from',
    async (place) => {
      const { harness, target } = place
      const values = { user: 'tom', 'pass.word': 'ä\n\0' }
      const { observed, owner, record } = await write(place, values)
      expect(await harness.read(target)).toEqual(values)
      expect(observed).toMatchObject({ target, type: TYPE, drifted: [], adoptRequested: false, metadataDrifted: false })
      expect(observed.controller).toEqual({ kind: owner.kind, name: owner.name, uid: owner.uid })
      expect(observed.records).toEqual(new Map([[owner.name, record]]))
      expect(observed.foreignKeys).toEqual(new Set())
      expect(await harness.writer.observe(target, { signal, fresh: true })).toEqual(observed)
      expect(await harness.writer.observe(target, { signal })).toEqual(observed)
    },
  ],
  [
    'takes keys that are special to JavaScript',
    async (place) => {
      const names = ['__proto__', 'constructor', 'toString']
      const values = Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
      const { observed, owner, harness, target } = await write(place, values)
      expect(await harness.read(target)).toEqual(values)
      expect([...there(observed.records.get(owner.name)).keys.keys()].toSorted()).toEqual(names)
    },
  ],
  [
    'compares content when the records were made with another digest key',
    async ({ harness, target }) => {
      const owner = await harness.owner(`${target.name}-owner`)
      const former = { keyId: 'former', digest: () => 'digest-by-former' }
      await harness.writer.apply(createOf({ digester: former }, target, owner, { a: '1' }), { signal })
      const inspected = there(await harness.writer.inspect(target, { signal }))
      expect(inspected.records.get(owner.name)).toEqual(recordFor(harness.digester, target, { a: '1' }))
      expect(inspected.drifted).toEqual([])
    },
  ],
  [
    'lets several owners hold their own keys',
    async (place) => {
      const { harness, target, owner, observed, record } = await write(place, { a: '1' }, { creation: 'merge' })
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
    },
  ],
  [
    'forgets an owner and keeps the keys',
    async (place) => {
      const { harness, target, owner, observed } = await write(place, { a: '1' }, { deletion: 'retain' })
      expect(observed).toMatchObject({ controller: undefined, metadataDrifted: false })
      const after = there(await harness.writer.apply(releaseOf(observed, owner.name, 'forget'), { signal }))
      expect(after).toMatchObject({ uid: observed.uid, records: new Map(), metadataDrifted: false })
      expect(await harness.read(target)).toEqual({ a: '1' })
      expect(harness.writer.heldBy(target.namespace, owner.name)).toEqual([])
    },
  ],
]

/** All on a target that holds these. */
const VALUES = { a: '1', b: '2', c: '3' }

const changing: readonly Case<Written>[] = [
  [
    'refuses to create what is there already, and leaves it alone',
    async ({ harness, target, owner }) => {
      await expectConflict(harness, createOf(harness, target, owner, { a: 'eve' }))
      expect(await harness.read(target)).toEqual(VALUES)
    },
  ],
  [
    'sets and removes exactly the named keys and carries the others',
    async ({ harness, target, owner, observed }) => {
      const record = recordFor(harness.digester, target, { a: '1', b: 'two', d: '4' }, { versionId: 'v2' })
      const patch = patchOf(observed, owner, record, { set: { b: 'two', d: '4' }, remove: ['c'] })
      const after = there(await harness.writer.apply(patch, { signal }))
      expect(await harness.read(target)).toEqual({ a: '1', b: 'two', d: '4' })
      expect(after.records.get(owner.name)).toEqual(record)
      expect(after).toMatchObject({ uid: observed.uid, drifted: [], metadataDrifted: false })
      expect(after.resourceVersion).not.toBe(observed.resourceVersion)
    },
  ],
  [
    'leaves everything as it is when a patch changes nothing',
    async ({ harness, owner, observed, record }) => {
      const patch = patchOf(observed, owner, record, { set: VALUES })
      expect(await harness.writer.apply(patch, { signal })).toEqual(observed)
    },
  ],
  ...[
    ['patch', ({ owner, record, observed }: Written) => patchOf(observed, owner, record, { set: { a: 'x' } })] as const,
    ['deletion', ({ owner, observed }: Written) => releaseOf(observed, owner.name, 'delete')] as const,
    [
      'removal of keys',
      ({ owner, observed }: Written) => releaseOf(observed, owner.name, 'remove-keys', ['a']),
    ] as const,
    ['farewell', ({ owner, observed }: Written) => releaseOf(observed, owner.name, 'forget')] as const,
  ].map(([what, actionOn]): Case<Written> => [
    `refuses a ${what} of another version or another object`,
    async (written) => {
      const { harness, target, owner, observed } = written
      const record = recordFor(harness.digester, target, { ...VALUES, a: '2' }, { versionId: 'v2' })
      const change = patchOf(observed, owner, record, { set: { a: '2' } })
      const after = there(await harness.writer.apply(change, { signal }))
      await expectConflict(harness, actionOn(written))
      const another = { ...after, uid: '00000000-0000-4000-8000-000000000000' }
      await expectConflict(harness, actionOn({ ...written, observed: another }))
      expect(await harness.read(target)).toEqual({ ...VALUES, a: '2' })
    },
  ]),
  [
    'deletes a target, and refuses to change what is gone',
    async ({ harness, target, owner, observed, record }) => {
      expect(await harness.writer.apply(releaseOf(observed, owner.name, 'delete'), { signal })).toBeUndefined()
      expect(await harness.read(target)).toBeUndefined()
      expect(await harness.writer.observe(target, { signal, fresh: true })).toBeUndefined()
      expect(await harness.writer.observe(target, { signal })).toBeUndefined()
      await expectConflict(harness, patchOf(observed, owner, record))
      await expectConflict(harness, releaseOf(observed, owner.name, 'forget'))
      await expectConflict(harness, releaseOf(observed, owner.name, 'delete'))
    },
  ],
  [
    'tells a re-created target from the former one',
    async ({ harness, target, owner, observed }) => {
      await harness.writer.apply(releaseOf(observed, owner.name, 'delete'), { signal })
      const again = await harness.writer.apply(createOf(harness, target, owner, VALUES), { signal })
      expect(there(again).uid).not.toBe(observed.uid)
    },
  ],
  [
    'changes from delete to retain and back',
    async ({ harness, target, owner, observed, record }) => {
      const retain = recordFor(harness.digester, target, VALUES, { deletion: 'retain' })
      const retained = there(await harness.writer.apply(patchOf(observed, owner, retain), { signal }))
      expect(retained).toMatchObject({ controller: undefined, metadataDrifted: false })
      const removable = there(await harness.writer.apply(patchOf(retained, owner, record), { signal }))
      expect(removable).toMatchObject({ controller: observed.controller, metadataDrifted: false })
    },
  ],
  [
    'does nothing once the caller has given up',
    async ({ harness, target, owner, observed, record }) => {
      const patch = patchOf(observed, owner, record, { set: { a: '2' } })
      const given = harness.writer.apply(patch, { signal: AbortSignal.abort() })
      await expect(given).rejects.toMatchObject({ code: 'Cancelled' })
      expect(await harness.read(target)).toEqual(VALUES)
    },
  ],
]

const observing: readonly Case<Written>[] = [
  ...(
    [
      ['changed', 'eve'],
      ['removed', undefined],
    ] as const
  ).map(([what, value]): Case<Written> => [
    `sees that somebody ${what} a key of ours, and repairs it`,
    async ({ harness, target, owner, observed, record }) => {
      await harness.edit(target, 'a', value)
      const drifted = there(await harness.writer.observe(target, { signal, fresh: true }))
      expect(drifted.drifted).toEqual(['a'])
      const repair = patchOf(drifted, owner, record, { set: { a: '1' } })
      const repaired = there(await harness.writer.apply(repair, { signal }))
      expect(repaired).toMatchObject({ uid: observed.uid, drifted: [] })
      expect(await harness.read(target)).toEqual(VALUES)
    },
  ]),
  [
    'keeps the keys that somebody added, and tells that they are not ours',
    async ({ harness, target, owner }) => {
      await harness.edit(target, 'theirs', 'x')
      const observed = there(await harness.writer.observe(target, { signal, fresh: true }))
      expect(observed).toMatchObject({ drifted: [], foreignKeys: new Set(['theirs']), metadataDrifted: false })
      const record = recordFor(harness.digester, target, { ...VALUES, a: '2' })
      await harness.writer.apply(patchOf(observed, owner, record, { set: { a: '2' } }), { signal })
      expect(await harness.read(target)).toEqual({ ...VALUES, a: '2', theirs: 'x' })
    },
  ],
  [
    'inspects what is really there',
    async ({ harness, target, owner, record }) => {
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
    },
  ],
  [
    'knows what an owner holds',
    async ({ harness, target, owner, observed }) => {
      expect(harness.writer.heldBy(target.namespace, owner.name)).toEqual([observed])
      expect(harness.writer.heldBy('elsewhere', owner.name)).toEqual([])
      expect(harness.writer.heldBy(target.namespace, 'nobody')).toEqual([])
      expect([...harness.writer.held()]).toContainEqual(observed)
    },
  ],
]

/** Of all suites of a file, which may share a namespace. */
let count = 0

/** What every {@link SecretWriter} does, whatever it writes to. Call it where tests are collected. */
export function writerContract(name: string, setUp: () => Promise<WriterHarness>): void {
  const place = async (): Promise<Place> => {
    const harness = await setUp()
    count += 1
    return { harness, target: { namespace: harness.namespace, name: `contract-${count}` } }
  }
  describe(`${name} as a SecretWriter`, () => {
    it.each(untouched)('%s', async (_rule, check) => check(await place()))
    it.each([...changing, ...observing])('%s', async (_rule, check) => check(await write(await place(), VALUES)))
  })
}

async function write(
  place: Place,
  values: Readonly<Record<string, string>>,
  more: Partial<OwnerRecord> = {},
): Promise<Written> {
  const { harness, target } = place
  const owner = await harness.owner(`${target.name}-owner`)
  const observed = there(await harness.writer.apply(createOf(harness, target, owner, values, more), { signal }))
  return { ...place, owner, observed, record: recordFor(harness.digester, target, values, more) }
}

async function expectConflict({ writer }: WriterHarness, action: TargetAction): Promise<void> {
  await expect(writer.apply(action, { signal })).rejects.toMatchObject({ code: 'Conflict' })
}
