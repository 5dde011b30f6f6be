import { expect, it } from 'vitest'
import { documentOf, memberOf } from '../world/values.ts'
import { Judge, type Rule, type SeenSecret } from './judge.ts'
import { Ledger } from './ledger.ts'

const TARGET = 'chaos-a/picks' // reads s0 and s1

function seen(data: Readonly<Record<string, string>>, more: Partial<SeenSecret> = {}): SeenSecret {
  return {
    uid: 'u1',
    resourceVersion: '1',
    ownerUid: 'owner',
    marks: '',
    isRestartDue: false,
    data: new Map(Object.entries(data)),
    ...more,
  }
}
const whole = (version: number, other = 1): Record<string, string> => ({
  username: memberOf('s0', version, 'username'),
  password: memberOf('s0', version, 'password'),
  document: documentOf('s1', other),
})
const { document: _left, ...partial } = whole(1)

const allowed = (ledger: Ledger): void => {
  ledger.rotate('s0')
  ledger.allowDeletion(TARGET)
  ledger.allowDrop(TARGET, 'document')
  ledger.allowEdit(TARGET, 'password', 'by hand')
}
const nothing = (): void => undefined

it.each<[string, (ledger: Ledger) => void, SeenSecret | undefined, SeenSecret | undefined, readonly Rule[]]>([
  ['a first value is fine', nothing, undefined, seen(whole(1)), []],
  ['a newer value is fine', allowed, seen(whole(1)), seen(whole(2)), []],
  ['a value that KMS never had is not', nothing, seen(whole(1)), seen(whole(2)), ['no value is made up']],
  [
    'text of no origin is not',
    nothing,
    seen(whole(1)),
    seen({ ...whole(1), password: '<html>' }),
    ['no value is made up'],
  ],
  ['an edit by hand is fine', allowed, seen(whole(1)), seen({ ...whole(1), password: 'by hand' }), []],
  [
    'two versions of one secret are not',
    allowed,
    seen(whole(1)),
    seen({ ...whole(1), password: memberOf('s0', 2, 'password') }),
    ['no mix of versions'],
  ],
  ['a part of a new Secret is not', nothing, undefined, seen(partial), ['a Secret appears whole']],
  ['a key that goes is not', nothing, seen(whole(1)), seen(partial), ['no key vanishes']],
  ['a key that is taken out by hand is fine', allowed, seen(whole(1)), seen(partial), []],
  ['a Secret that goes is not', nothing, seen(whole(1)), undefined, ['no Secret vanishes']],
  ['a Secret that is deleted by hand is fine', allowed, seen(whole(1)), undefined, []],
  ['a Secret that goes with its owner is fine', (ledger) => ledger.allowEndOf('owner'), seen(whole(1)), undefined, []],
  [
    'a Secret made anew by nobody’s wish is not',
    nothing,
    seen(whole(1)),
    seen(whole(1), { uid: 'u2' }),
    ['no Secret vanishes'],
  ],
])('%s', (_rule, prepare, before, now, rules) => {
  const ledger = new Ledger()
  prepare(ledger)
  const judge = new Judge(ledger)
  if (before) judge.judge(TARGET, undefined, before)
  expect(judge.judge(TARGET, before, now).map(({ rule }) => rule)).toEqual(rules)
})

it('does not let a value go back, not even in a Secret that was made anew', () => {
  const ledger = new Ledger()
  allowed(ledger)
  const judge = new Judge(ledger)
  judge.judge(TARGET, undefined, seen(whole(2)))
  judge.judge(TARGET, seen(whole(2)), undefined)
  expect(judge.judge(TARGET, undefined, seen(whole(1), { uid: 'u2' }))).toEqual([
    {
      rule: 'no value goes back',
      object: TARGET,
      expected: 'version 2 of s0 or a newer one',
      seen: 'password of version 1',
    },
  ])
})

it.each<[string, SeenSecret, readonly Rule[]]>([
  ['what its owner writes is fine', seen({ theirs: 'second' }), []],
  ['another text is not', seen({ theirs: 'third' }), ['nothing foreign changes']],
  ['another key is not', seen({ theirs: 'first', password: 'x' }), ['nothing foreign changes']],
  ['another label or owner is not', seen({ theirs: 'first' }, { marks: 'ours' }), ['nothing foreign changes']],
])('of somebody else’s Secret: %s', (_rule, now, rules) => {
  const ledger = new Ledger()
  for (const text of ['first', 'second']) ledger.allowForeign('chaos-a/mine', text)
  const judge = new Judge(ledger)
  expect(judge.judge('chaos-a/mine', seen({ theirs: 'first' }), now).map(({ rule }) => rule)).toEqual(rules)
})
