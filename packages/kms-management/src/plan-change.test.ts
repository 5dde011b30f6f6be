import { Sensitive } from '@ack-secret-manager/core'
import { canary } from '@ack-secret-manager/test-support/canary'
import { expectRedacted } from '@ack-secret-manager/testkit'
import { array, assert, constantFrom, property, subarray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describePlan } from './describe-plan.ts'
import type { ChangePlan } from './change-plan.ts'
import { planChange } from './plan-change.ts'
import type { SecretChange } from './secret-change.ts'
import type { ObservedSecret, SecretDescription, VersionSummary } from './secret-state.ts'

const VALUE = canary('plan-value')
const context = { newVersionId: 'new' }
const DELETION = Date.parse('2026-02-01T00:00:00Z')

function observed(
  change: Partial<SecretDescription> = {},
  versions: readonly VersionSummary[] = THREE,
): ObservedSecret {
  return {
    description: { name: 'app/db', type: 'Generic', createdMs: 0, updatedMs: 0, description: '', tags: {}, ...change },
    versions,
  }
}
const version = (versionId: string, ...stages: string[]): VersionSummary => ({ versionId, createdMs: 0, stages })
const THREE = [version('v3', 'ACSCurrent'), version('v2', 'ACSPrevious'), version('v1')]
const put = (change: object = {}): SecretChange => ({
  kind: 'put',
  name: 'app/db',
  value: new Sensitive(VALUE),
  ...change,
})
const of = (change: object): SecretChange => ({ name: 'app/db', ...change }) as SecretChange

describe('planChange', () => {
  it.each<[rule: string, change: SecretChange, secret: ObservedSecret | undefined, lines: string[]]>([
    [
      'creates a secret that is allowed to be new',
      put({ create: {} }),
      undefined,
      ['create the secret with version new'],
    ],
    ['puts a value', put({ create: {} }), observed(), ['put the value as version new']],
    ['takes the given version id', put({ versionId: 'v4' }), observed(), ['put the value as version v4']],
    [
      'repeats the put of the current version, which KMS compares',
      put({ versionId: 'v3' }),
      observed(),
      ['put the value as version v3', 'note: version v3 exists: this succeeds only if it holds the same value'],
    ],
    [
      'makes an earlier version current again, which a put alone does not',
      put({ versionId: 'v1' }),
      observed(),
      [
        'put the value as version v1',
        'make version v1 current instead of v3',
        'note: version v1 exists: this succeeds only if it holds the same value',
      ],
    ],
    [
      'says which version KMS drops',
      put(),
      observed({}, [
        version('v10', 'ACSCurrent'),
        version('v9', 'ACSPrevious'),
        ...Array.from({ length: 8 }, (_none, at) => version(`v${8 - at}`)),
      ]),
      ['put the value as version new', 'note: KMS drops the oldest version v1'],
    ],
    [
      'promotes a version',
      of({ kind: 'promote', versionId: 'v1' }),
      observed(),
      ['make version v1 current instead of v3'],
    ],
    [
      'does not promote the current version',
      of({ kind: 'promote', versionId: 'v3' }),
      observed(),
      ['nothing to do: version v3 is current'],
    ],
    [
      'moves a stage of the user',
      of({ kind: 'promote', versionId: 'v3', stage: 'green' }),
      observed({}, [version('v3', 'ACSCurrent'), version('v2', 'ACSPrevious', 'green')]),
      ['move stage green to version v3 from v2'],
    ],
    [
      'gives a version a stage that no version has',
      of({ kind: 'promote', versionId: 'v1', stage: 'green' }),
      observed(),
      ['move stage green to version v1'],
    ],
    [
      'does not move a stage to the version that has it',
      of({ kind: 'promote', versionId: 'v1', stage: 'green' }),
      observed({}, [version('v3', 'ACSCurrent'), version('v1', 'green')]),
      ['nothing to do: version v1 has stage green'],
    ],
    [
      'rolls back to the previous version',
      of({ kind: 'rollback' }),
      observed(),
      ['make version v2 current instead of v3'],
    ],
    ['rotates a managed secret', of({ kind: 'rotate' }), observed({ type: 'RDS' }), ['rotate now, as version new']],
    [
      'does not rotate twice',
      of({ kind: 'rotate', versionId: 'v1' }),
      observed({ type: 'Rds' }),
      ['nothing to do: version v1 exists: it has been rotated'],
    ],
    ['deletes in 30 days', of({ kind: 'delete' }), observed(), ['delete in 30 days']],
    ['deletes at once', of({ kind: 'delete', force: true }), observed(), ['delete at once']],
    [
      'puts a value over the version that is expected',
      put({ ifCurrent: 'v3' }),
      observed(),
      ['put the value as version new'],
    ],
    [
      'does not delete twice',
      of({ kind: 'delete' }),
      observed({ plannedDeletionMs: DELETION }),
      ['nothing to do: it is deleted at 2026-02-01T00:00:00Z already'],
    ],
    [
      'restores',
      of({ kind: 'restore' }),
      observed({ plannedDeletionMs: DELETION }),
      ['take back the scheduled deletion'],
    ],
    [
      'does not restore what is not deleted',
      of({ kind: 'restore' }),
      observed(),
      ['nothing to do: it is not scheduled for deletion'],
    ],
    [
      'changes the tags that differ',
      of({ kind: 'tag', set: { a: '1', b: '2' }, remove: ['c', 'd'] }),
      observed({ tags: { a: '1', b: '1', c: '1' } }),
      ['remove tags c', 'set tags b', 'note: it has no tag d'],
    ],
    [
      'does not set tags again',
      of({ kind: 'tag', set: { a: '1' } }),
      observed({ tags: { a: '1' } }),
      ['nothing to do: its tags are so already'],
    ],
    [
      'names tags that it does not have, instead of removing them',
      of({ kind: 'tag', remove: ['b', 'c'] }),
      observed({ tags: { a: '1' } }),
      ['nothing to do: it has no tag b, c'],
    ],
    [
      'changes the description with the tags',
      of({ kind: 'tag', set: { a: '2' }, remove: ['b'], description: 'new' }),
      observed({ description: 'old', tags: { a: '1' } }),
      ['set tags a', 'change the description', 'note: it has no tag b'],
    ],
    [
      'changes the description alone',
      of({ kind: 'tag', description: '' }),
      observed({ description: 'old' }),
      ['change the description'],
    ],
    [
      'does not set the description again',
      of({ kind: 'tag', description: 'old' }),
      observed({ description: 'old' }),
      ['nothing to do: its description is so already'],
    ],
    [
      'adds tags without changing others',
      of({ kind: 'tag', set: { a: '1', b: '' }, overwrite: false }),
      observed({ tags: { a: '1' } }),
      ['set tags b'],
    ],
    [
      'tags a managed secret of Alibaba Cloud',
      of({ kind: 'tag', name: 'acs/rds/x', set: { a: '1' } }),
      observed({ type: 'Rds' }),
      ['set tags a'],
    ],
  ])('%s', (_rule, change, secret, lines) => {
    const plan = planChange(change, secret, context)
    expect(describePlan(plan)).toEqual(lines)
    expectRedacted([plan, lines], [VALUE])
  })

  it.each<[rule: string, change: SecretChange, secret: ObservedSecret | undefined, code: string, message: RegExp]>([
    ['a new secret without permission to create it', put(), undefined, 'NotFound', /create it, or check its name/],
    [
      'a secret that is scheduled for deletion',
      put(),
      observed({ plannedDeletionMs: DELETION }),
      'Conflict',
      /at 2026-02-01T00:00:00Z: restore it first/,
    ],
    ['a managed secret', put(), observed({ type: 'Rds' }), 'InvalidSpec', /managed type Rds/],
    [
      'a managed secret, as a list spells it',
      of({ kind: 'delete' }),
      observed({ type: 'RDS' }),
      'InvalidSpec',
      /managed type RDS/,
    ],
    [
      'a promotion of a managed secret',
      of({ kind: 'promote', versionId: 'v1' }),
      observed({ type: 'ECS' }),
      'InvalidSpec',
      /managed/,
    ],
    ['a restore of a managed secret', of({ kind: 'restore' }), observed({ type: 'ECS' }), 'InvalidSpec', /managed/],
    [
      'to change a tag that is only to be added',
      of({ kind: 'tag', set: { a: '2', b: '2', c: '1' }, remove: ['d'], overwrite: false }),
      observed({ tags: { a: '1', b: 'x y', c: '1', d: '' } }),
      'Conflict',
      /it has another value for tags: a=1, "b=x y"$/,
    ],
    [
      'to set and to remove a tag',
      of({ kind: 'tag', set: { a: '2' }, remove: ['a'] }),
      observed(),
      'InvalidSpec',
      /tags: a is both set and removed/,
    ],
    [
      'to remove a reserved tag',
      of({ kind: 'tag', remove: ['acs:x'] }),
      observed({ tags: { 'acs:x': '1' } }),
      'InvalidSpec',
      /do not begin with aliyun or acs:/,
    ],
    [
      'tags of a secret that is scheduled for deletion',
      of({ kind: 'tag', set: { a: '1' } }),
      observed({ plannedDeletionMs: DELETION }),
      'Conflict',
      /restore it first/,
    ],
    [
      'a name of Alibaba Cloud',
      put({ name: 'acs/rds/x' }),
      observed(),
      'InvalidSpec',
      /acs\/ belong to managed secrets of Alibaba Cloud/,
    ],
    ['an ARN', put({ name: 'acs:kms:cn-hangzhou:1:secret/x' }), undefined, 'InvalidSpec', /no ARN/],
    ['no name', put({ name: '' }), undefined, 'InvalidSpec', /1 to 192/],
    ['a version id that KMS does not take', put({ versionId: 'a b' }), observed(), 'InvalidSpec', /version id/],
    ['an empty value', put({ value: new Sensitive('') }), observed(), 'NoData', /the value is empty/],
    [
      'half a character',
      put({ value: new Sensitive(`${VALUE}\uD800`) }),
      observed(),
      'InvalidSpec',
      /not valid Unicode/,
    ],
    [
      'a text of 30,721 bytes',
      put({ value: new Sensitive(VALUE.padEnd(30_721, 'x')) }),
      observed(),
      'TooLarge',
      /30721 bytes, KMS takes 30720/,
    ],
    [
      'bytes that are too long in base64',
      put({ value: new Sensitive(new Uint8Array(23_041)) }),
      observed(),
      'TooLarge',
      /30724 bytes in base64/,
    ],
    [
      'a version that does not exist',
      of({ kind: 'promote', versionId: 'v7' }),
      observed(),
      'NotFound',
      /no version v7 \(its versions: v3, v2, v1\)/,
    ],
    [
      'a stage of KMS',
      of({ kind: 'promote', versionId: 'v1', stage: 'ACSPrevious' }),
      observed(),
      'InvalidSpec',
      /stage: expected 1 to 64 letters, digits and .* do not begin with ACS/,
    ],
    [
      'a stage with a blank',
      of({ kind: 'promote', versionId: 'v1', stage: 'not green' }),
      observed(),
      'InvalidSpec',
      /stage: expected/,
    ],
    [
      'a rollback without a previous version',
      of({ kind: 'rollback' }),
      observed({}, [version('v1', 'ACSCurrent')]),
      'NotFound',
      /no previous version/,
    ],
    ['a rotation of a Generic secret', of({ kind: 'rotate' }), observed(), 'InvalidSpec', /put a new value instead/],
    [
      'a rotation of a deleted secret',
      of({ kind: 'rotate' }),
      observed({ type: 'Rds', plannedDeletionMs: DELETION }),
      'Conflict',
      /restore it first/,
    ],
    ['a deletion at once', of({ kind: 'delete', recoveryDays: 0 }), observed(), 'InvalidSpec', /from 7 to 30/],
    ['a deletion in 31 days', of({ kind: 'delete', recoveryDays: 31 }), observed(), 'InvalidSpec', /from 7 to 30/],
    [
      'a deletion at once with a time to recover',
      of({ kind: 'delete', recoveryDays: 7, force: true }),
      observed(),
      'InvalidSpec',
      /deleted at once cannot be recovered/,
    ],
    [
      'a deletion at once of a secret that is scheduled for deletion',
      of({ kind: 'delete', force: true }),
      observed({ plannedDeletionMs: DELETION }),
      'Conflict',
      /restore it first/,
    ],
    [
      'a value over another version than the expected one',
      put({ ifCurrent: 'v2' }),
      observed(),
      'Conflict',
      /version v3 is current instead of v2/,
    ],
    [
      'a value over a version that is gone with its secret',
      put({ ifCurrent: 'v2', create: {} }),
      undefined,
      'NotFound',
      /no such secret/,
    ],
    ['a deletion of nothing', of({ kind: 'delete' }), undefined, 'NotFound', /no such secret/],
    [
      'a reserved tag',
      put({ create: { tags: { 'acs:x': '' } } }),
      undefined,
      'InvalidSpec',
      /do not begin with aliyun or acs:/,
    ],
    [
      '21 tags',
      of({ kind: 'tag', set: { x: '' } }),
      observed({ tags: Object.fromEntries(Array.from({ length: 20 }, (_none, at) => [`k${at}`, ''])) }),
      'InvalidSpec',
      /21 tags, KMS takes 20/,
    ],
  ])('refuses %s', (_rule, change, secret, code, message) => {
    const plan = planChange(change, secret, context)
    expect(plan).toMatchObject({ kind: 'refused', error: { code, message: expect.stringMatching(message) } })
    expectRedacted([plan], [VALUE])
  })

  it('takes the longest values', () => {
    expect(planChange(put({ value: new Sensitive('x'.repeat(30_720)) }), observed(), context).kind).toBe('steps')
    expect(planChange(put({ value: new Sensitive(new Uint8Array(23_040)) }), observed(), context).kind).toBe('steps')
  })

  it('never writes to a managed or deleted secret, and never drops the current version', () => {
    const ids = ['v1', 'v2', 'v3', 'v4']
    const states = array(constantFrom('ACSCurrent', 'ACSPrevious', 'other'), { maxLength: 3 })
    assert(
      property(
        constantFrom<SecretChange['kind']>('put', 'promote', 'rollback', 'delete', 'restore', 'tag'),
        constantFrom('Generic', 'Rds', 'ECS'),
        constantFrom(undefined, DELETION),
        subarray(ids, { minLength: 1 }),
        states,
        constantFrom(...ids),
        (kind, type, plannedDeletionMs, versionIds, stages, versionId) => {
          // Each stage is held by one version.
          const versions = versionIds.map((id, at) => version(id, ...(stages[at] === undefined ? [] : [stages[at]])))
          const change = of({ kind, versionId, value: new Sensitive('x'), set: { a: 'b' } })
          const secret = observed({ type, ...(plannedDeletionMs === undefined ? {} : { plannedDeletionMs }) }, versions)
          const plan: ChangePlan = planChange(change, secret, context)
          // Tags are not of the value.
          if (type !== 'Generic' && kind !== 'tag') expect(plan.kind).toBe('refused')
          if (plan.kind !== 'steps') return
          const actions = plan.steps.map(({ action }) => action)
          if (plannedDeletionMs !== undefined) expect(actions).toEqual(['RestoreSecret'])
          for (const step of plan.steps) {
            if (step.action === 'UpdateSecretVersionStage') expect(versionIds).toContain(step.moveTo)
          }
          // The same input, the same plan.
          expect(planChange(change, secret, context)).toEqual(plan)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
