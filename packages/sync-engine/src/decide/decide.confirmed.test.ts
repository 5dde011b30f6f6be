import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { DesiredSecret, TargetPolicy } from '../model/desired-secret.ts'
import { desiredOf, observedOf, OWNER, POLICY, recordOf } from '../testing/fixtures.ts'

/** Content of which `a` was not read, because the target has it. */
function desired(digest?: string): DesiredSecret {
  const all = desiredOf({ a: '1', b: '2' })
  const data = new Map(
    [...all.data].map(([key, value]) => [
      key,
      key === 'a' ? { ...value, bytes: undefined, digest: digest ?? value.digest } : value,
    ]),
  )
  return { ...all, data }
}

const target = (more: Parameters<typeof observedOf>[1] = {}) => observedOf({ a: '1' }, more)
const adopting: TargetPolicy = { ...POLICY, creation: 'Adopt' }
const unowned = { controller: undefined, records: new Map() }

describe('a value that was not read', () => {
  it.each([
    ['the target does not exist', desired(), undefined, POLICY],
    ['another user has edited it', desired(), target({ drifted: ['a'] }), POLICY],
    ['the target has another value', desired('other'), target(), POLICY],
    ['the record of the target is gone', desired(), target(unowned), adopting],
    [
      'the record was made with another key, and the value differs',
      desired(),
      target({ records: new Map([[OWNER.name, recordOf({ a: '3' })]]) }),
      POLICY,
    ],
  ])('is read if %s', (_why, content, secret, policy) => {
    expect(decide(content, { secret, inspected: true }, policy)).toEqual({ kind: 'reread' })
  })

  it('stays as it is while others are written', () => {
    const action = decide(desired(), { secret: target(), inspected: true }, POLICY)
    expect(action).toMatchObject({ kind: 'patch', remove: [] })
    expect(action.kind === 'patch' && [[...action.set.keys()], [...action.record.keys.keys()]]).toEqual([
      ['b'],
      ['a', 'b'],
    ])
  })

  it('is carried into a target that is created again', () => {
    const action = decide(
      desired(),
      { secret: target({ immutable: true }), inspected: true },
      { ...POLICY, immutable: true },
    )
    expect(action).toMatchObject({ kind: 'replace', carry: ['a'] })
    expect(action.kind === 'replace' && [...action.set.keys()]).toEqual(['b'])
  })
})
