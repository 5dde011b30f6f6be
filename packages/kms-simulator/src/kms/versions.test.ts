import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Secret, SecretVersion } from './secret.ts'
import { moveStage, putVersion, selectVersion } from './versions.ts'

const version = (id: string, stages: string[] = [], data = id): SecretVersion => ({
  id,
  createdAtMs: 0,
  data,
  dataType: 'text',
  stages,
})
const secret = (versions: SecretVersion[], type: Secret['type'] = 'Generic'): Secret => ({
  name: 'app/db',
  type,
  description: '',
  createdAtMs: 0,
  updatedAtMs: 0,
  versions,
  tags: [],
})
const stagesOf = ({ versions }: Secret): Record<string, readonly string[]> =>
  Object.fromEntries(versions.map(({ id, stages }) => [id, stages]))

const TWO = secret([version('v1', ['ACSPrevious']), version('v2', ['ACSCurrent', 'blue']), version('v0')])

describe('selectVersion', () => {
  it.each([
    ['the current one by default', {}, 'v2'],
    ['by stage', { stage: 'ACSPrevious' }, 'v1'],
    ['by id, with a stage or without', { versionId: 'v0' }, 'v0'],
    ['by both, if both match', { versionId: 'v2', stage: 'blue' }, 'v2'],
  ])('finds %s', (_what, selector, id) => expect(selectVersion(TWO, selector).id).toBe(id))

  it.each([
    ['a missing id', { versionId: 'v9' }],
    ['an unused stage', { stage: 'green' }],
    ['an id without the stage', { versionId: 'v1', stage: 'ACSCurrent' }],
  ])('refuses %s', (_what, selector) => {
    expect(() => selectVersion(TWO, selector)).toThrow(expect.objectContaining({ code: 'Forbidden.ResourceNotFound' }))
  })

  it('ignores the id for managed types', () => {
    const managed = secret([version('r1', ['ACSPrevious']), version('r2', ['ACSCurrent'])], 'Rds')
    expect(selectVersion(managed, { versionId: 'r1' }).id).toBe('r2')
  })
})

describe('putVersion', () => {
  it('makes the new version current and the former one previous', () => {
    const changed = putVersion(TWO, version('v3', ['ACSCurrent']))
    expect(stagesOf(changed)).toEqual({ v1: [], v2: ['blue', 'ACSPrevious'], v0: [], v3: ['ACSCurrent'] })
  })

  it('moves a custom stage and keeps the current version', () => {
    const changed = putVersion(TWO, version('v3', ['blue']))
    expect(stagesOf(changed)).toMatchObject({ v2: ['ACSCurrent'], v3: ['blue'] })
  })

  it('changes nothing for the same id and data, and refuses other data', () => {
    expect(putVersion(TWO, version('v1', ['ACSCurrent']))).toBe(TWO)
    expect(() => putVersion(TWO, version('v1', ['ACSCurrent'], 'other'))).toThrow(
      expect.objectContaining({ code: 'Rejected.ResourceExist', status: 409 }),
    )
  })

  it('drops the oldest version without a stage, then the oldest, never the current one', () => {
    let value = secret([version('v0', ['ACSCurrent'])])
    for (let at = 1; at <= 8; at += 1) value = putVersion(value, version(`v${at}`, [at < 6 ? `s${at}` : 's6']))
    value = putVersion(value, version('v9', ['s6']))
    value = putVersion(value, version('v10', ['s6']))
    expect(Object.keys(stagesOf(value))).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v7', 'v8', 'v9', 'v10'])
  })

  it('refuses a ninth stage', () => {
    let value = secret([version('v0', ['ACSCurrent'])])
    for (let at = 1; at <= 7; at += 1) value = putVersion(value, version(`v${at}`, [`s${at}`]))
    expect(() => putVersion(value, version('v8', ['s8']))).toThrow(
      expect.objectContaining({ code: 'Rejected.LimitExceeded' }),
    )
  })
})

describe('moveStage', () => {
  it.each([
    [
      'moves the previous stage to the former current version',
      { stage: 'ACSCurrent', moveTo: 'v1' },
      {
        v1: ['ACSCurrent'],
        v2: ['blue', 'ACSPrevious'],
        v0: [],
      },
    ],
    [
      'moves a stage',
      { stage: 'blue', moveTo: 'v0', removeFrom: 'v2' },
      { v1: ['ACSPrevious'], v2: ['ACSCurrent'], v0: ['blue'] },
    ],
    ['removes a stage', { stage: 'blue', removeFrom: 'v2' }, { v1: ['ACSPrevious'], v2: ['ACSCurrent'], v0: [] }],
    [
      'creates a new stage',
      { stage: 'new', moveTo: 'v0' },
      { v1: ['ACSPrevious'], v2: ['ACSCurrent', 'blue'], v0: ['new'] },
    ],
  ])('%s', (_rule, move, expected) => expect(stagesOf(moveStage(TWO, move, 1))).toEqual(expected))

  it.each([
    ['the current stage without a target', { stage: 'ACSCurrent', removeFrom: 'v2' }, 'InvalidParameter'],
    ['nothing to do', { stage: 'blue' }, 'InvalidParameter'],
    ['a missing version', { stage: 'blue', moveTo: 'v9' }, 'Forbidden.ResourceNotFound'],
    ['a version that does not have the stage', { stage: 'blue', removeFrom: 'v1', moveTo: 'v0' }, 'InvalidParameter'],
  ])('refuses %s', (_what, move, code) => {
    expect(() => moveStage(TWO, move, 1)).toThrow(expect.objectContaining({ code }))
  })
})

it('always has exactly one current version and no duplicate stage', () => {
  const step = fc.record({
    id: fc.integer({ min: 0, max: 14 }).map(String),
    stages: fc.uniqueArray(fc.constantFrom('ACSCurrent', 'ACSPrevious', 'a', 'b', 'c'), { minLength: 1 }),
    move: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let value = secret([version('0', ['ACSCurrent'])])
      for (const { id, stages, move } of steps) {
        const known = value.versions.some((other) => other.id === id)
        const stage = stages[0] ?? 'a'
        if (!move) value = putVersion(value, version(id, stages))
        else if (known && stages[0] !== 'ACSPrevious') value = moveStage(value, { stage, moveTo: id }, 1)
        const all = value.versions.flatMap((other) => other.stages)
        expect(new Set(all).size).toBe(all.length)
        expect(all.filter((other) => other === 'ACSCurrent')).toHaveLength(1)
        expect(value.versions.length).toBeLessThanOrEqual(10)
      }
    }),
  )
})
