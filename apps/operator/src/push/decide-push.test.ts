import { Sensitive } from '@ack-secret-manager/core'
import type { ObservedSecret } from '@ack-secret-manager/kms-management'
import { canary } from '@ack-secret-manager/test-support/canary'
import { expectRedacted } from '@ack-secret-manager/testkit'
import { describe, expect, it } from 'vitest'
import { decideDeletion } from './decide-deletion.ts'
import { decidePush, type PushStep, type PushTarget } from './decide-push.ts'
import { matchVersions, versionKey } from './push-version.ts'

const OWNER = 'cluster/shop/web'
const OURS = { 'acksm:owner': OWNER }
const THEIRS = { 'acksm:owner': 'other/shop/web' }
const KEY = versionKey(new Uint8Array(32), OWNER, 'shop/db')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
/** Version id of the nth push. */
const push = (counter: number, value: string): string =>
  matchVersions(secret([[`acksm-${counter - 1}-AAAAAAAAAAAAAAAA`]]), bytes(value), KEY).next

type Version = readonly [versionId: string, ...stages: string[]]
type Description = Partial<ObservedSecret['description']>

function secret(versions: readonly Version[], description: Description = {}): ObservedSecret {
  return {
    description: { name: 'shop/db', type: 'Generic', createdMs: 0, updatedMs: 0, description: '', ...description },
    versions: versions.map(([versionId, ...stages]) => ({ versionId, createdMs: 0, stages })),
  }
}
const owned = (...versions: readonly Version[]): ObservedSecret => secret(versions, { tags: OURS })

function target(change: Partial<PushTarget> = {}): PushTarget {
  return {
    name: 'shop/db',
    value: new Sensitive('B'),
    stages: [],
    updatePolicy: 'Replace',
    owner: OWNER,
    description: 'Pushed by PushSecret shop/web',
    versionKey: KEY,
    ...change,
  }
}

/** A step as one line. */
function lineOf(step: PushStep): string {
  if (step.kind === 'done') return `${step.state} ${step.versionId}`
  if (step.kind === 'refuse') return `${step.error.code}: ${step.error.message}`
  const { kind, ...facts } = step.change
  const { versionId = '', stage = '' } = facts as { versionId?: string; stage?: string }
  return [kind, versionId, stage].filter((part) => part !== '').join(' ')
}

const ifNotExists = { updatePolicy: 'IfNotExists' } as const
const CURRENT = 'ACSCurrent'
/** Version of another program, with the highest counter that a push counts on from. */
const LAST_COUNTER = `acksm-${10 ** 12 - 1}-AAAAAAAAAAAAAAAA`
const HANDED_OVER = 'acksm tag shop/db acksm:owner=cluster/shop/web'

describe('a push', () => {
  it.each<[rule: string, target: PushTarget, observed: ObservedSecret | undefined, line: string | RegExp]>([
    ['creates an absent secret', target(), undefined, `put ${push(1, 'B')}`],
    ['creates it with IfNotExists, too', target(ifNotExists), undefined, `put ${push(1, 'B')}`],
    [
      'does nothing if the current version holds the value',
      target(),
      owned([push(4, 'B'), CURRENT]),
      `Pushed ${push(4, 'B')}`,
    ],
    ['puts another value with the next counter', target(), owned([push(4, 'A'), CURRENT]), `put ${push(5, 'B')}`],
    [
      'counts on from the highest version, also if it is deprecated',
      target(),
      owned([push(2, 'A'), CURRENT], [push(7, 'C')]),
      `put ${push(8, 'B')}`,
    ],
    [
      'pushes a value again that an earlier version has',
      target(),
      owned([push(2, 'A'), CURRENT], [push(1, 'B'), 'ACSPrevious']),
      `put ${push(3, 'B')}`,
    ],
    [
      'makes its last version current again, instead of a second one with the same value',
      target(),
      owned([push(1, 'A'), CURRENT], [push(2, 'B'), 'ACSPrevious']),
      `promote ${push(2, 'B')}`,
    ],
    ['replaces the version of another program', target(), owned(['v1', CURRENT]), `put ${push(1, 'B')}`],
    [
      'ignores a counter that leaves no number',
      target(),
      owned(['acksm-999999999999999-AAAAAAAAAAAAAAAA', CURRENT], [push(3, 'A')]),
      `put ${push(4, 'B')}`,
    ],
    [
      'recognizes its value under the last counter',
      target(),
      owned([LAST_COUNTER, 'ACSPrevious'], [push(10 ** 12, 'B'), CURRENT]),
      `Pushed ${push(10 ** 12, 'B')}`,
    ],
    [
      'makes a version under the last counter current again, because there is no next number',
      target(),
      owned([LAST_COUNTER], [push(10 ** 12, 'B'), 'ACSPrevious'], [push(10 ** 12, 'A'), CURRENT]),
      `promote ${push(10 ** 12, 'B')}`,
    ],
    [
      'gives the current version a stage',
      target({ stages: ['green'] }),
      owned([push(1, 'B'), CURRENT]),
      `promote ${push(1, 'B')} green`,
    ],
    [
      'moves a stage, one at a time',
      target({ stages: ['green', 'blue'] }),
      owned([push(2, 'B'), CURRENT, 'green'], [push(1, 'A'), 'blue']),
      `promote ${push(2, 'B')} blue`,
    ],
    ['takes back a deletion of its own secret', target(), secret([], { tags: OURS, plannedDeletionMs: 1 }), 'restore'],
    ['keeps an existing secret with IfNotExists', target(ifNotExists), secret([['v1', CURRENT]]), 'Kept v1'],
    [
      'keeps that of another owner with IfNotExists',
      target(ifNotExists),
      secret([['v1', CURRENT]], { tags: THEIRS }),
      'Kept v1',
    ],
    [
      'keeps its own older value with IfNotExists',
      target(ifNotExists),
      owned([push(1, 'A'), CURRENT]),
      `Kept ${push(1, 'A')}`,
    ],
    [
      'finishes the stages of a secret that IfNotExists has created',
      target({ ...ifNotExists, stages: ['green'] }),
      owned([push(1, 'B'), CURRENT]),
      `promote ${push(1, 'B')} green`,
    ],
    [
      'keeps a managed secret with IfNotExists',
      target(ifNotExists),
      secret([['v1', CURRENT]], { type: 'Rds' }),
      'Kept v1',
    ],
    [
      'refuses a secret without an owner',
      target(),
      secret([['v1', CURRENT]]),
      `TargetConflict: KMS secret "shop/db": it was not created by a PushSecret (it has no tag acksm:owner); choose another key, or hand it over: ${HANDED_OVER}`,
    ],
    [
      'refuses that of another cluster',
      target(),
      secret([['v1', CURRENT]], { tags: THEIRS }),
      `TargetConflict: KMS secret "shop/db": its tag acksm:owner differs in the cluster only: another cluster owns it, or this one has lost its former digest key; choose another key, or hand it over: ${HANDED_OVER} --overwrite`,
    ],
    [
      'refuses one that its owner has deleted',
      target(),
      secret([], { tags: { 'acksm:owner': 'cluster/neighbour/web' }, plannedDeletionMs: 1 }),
      /^TargetConflict: KMS secret "shop\/db": its tag acksm:owner names another PushSecret, and it is scheduled for deletion;/,
    ],
    [
      'refuses to restore one without an owner, with IfNotExists as well',
      target(ifNotExists),
      secret([], { plannedDeletionMs: 1 }),
      /^TargetConflict: .* and it is scheduled for deletion;/,
    ],
    ...['Rds', 'RAMCredentials', 'ECS', 'PolarDB', 'Redis'].map(
      (type): [string, PushTarget, ObservedSecret, RegExp] => [
        `refuses the managed type ${type}, even with its tag`,
        target(),
        secret([['v1', CURRENT]], { type, tags: OURS }),
        new RegExp(`^InvalidSpec: KMS secret "shop/db": it is of the managed type ${type}`),
      ],
    ),
  ])('%s', (_rule, given, observed, line) => {
    const found = lineOf(decidePush(given, observed))
    if (typeof line === 'string') expect(found).toBe(line)
    else expect(found).toMatch(line)
  })

  it('creates with the tag of its owner, in the same call', () =>
    expect(decidePush(target(), undefined)).toMatchObject({ change: { create: { tags: OURS } } }))

  it('shows no value', () => {
    const value = canary('pushed-value')
    const steps = [undefined, owned(['v1', CURRENT]), secret([['v1', CURRENT]])].map((observed) =>
      decidePush(target({ value: new Sensitive(value) }), observed),
    )
    expectRedacted(steps, [value])
    expect(steps).toHaveLength(3)
  })
})

describe('version ids', () => {
  it('differ for another secret, owner or key, so that they do not reveal equal values', () => {
    const keys = [
      KEY,
      versionKey(new Uint8Array(32), OWNER, 'shop/other'),
      versionKey(new Uint8Array(32), 'other/shop/web', 'shop/db'),
      versionKey(new Uint8Array(32).fill(1), OWNER, 'shop/db'),
    ]
    const ids = keys.map((key) => matchVersions(undefined, bytes('B'), key).next)
    expect(new Set(ids).size).toBe(4)
  })
})

describe('a deletion', () => {
  const gone = { name: 'shop/db', owner: OWNER, recoveryDays: 7 }
  it.each<[rule: string, observed: ObservedSecret | undefined, step: object]>([
    ['is done if there is no secret', undefined, { kind: 'done', state: 'deleted' }],
    [
      'is scheduled for an own secret',
      owned(['v1', CURRENT]),
      { change: { kind: 'delete', name: 'shop/db', recoveryDays: 7 } },
    ],
    [
      'is done if it is scheduled',
      secret([], { tags: OURS, plannedDeletionMs: 1 }),
      { kind: 'done', state: 'deleted' },
    ],
    ['leaves a secret without an owner', secret([['v1', CURRENT]]), { kind: 'done', state: 'foreign' }],
    [
      'leaves a secret of another owner',
      secret([['v1', CURRENT]], { tags: THEIRS }),
      { kind: 'done', state: 'foreign' },
    ],
    [
      'leaves a managed secret',
      secret([['v1', CURRENT]], { type: 'Rds', tags: OURS }),
      { kind: 'done', state: 'foreign' },
    ],
  ])('%s', (_rule, observed, step) => expect(decideDeletion(gone, observed)).toMatchObject(step))
})

it('never counts beyond the highest version id that it recognizes', () => {
  const top = `acksm-${10 ** 12}-AAAAAAAAAAAAAAAA`
  expect(matchVersions(owned([top, CURRENT]), bytes('A'), KEY).next).toMatch(/^acksm-1-/)
})
