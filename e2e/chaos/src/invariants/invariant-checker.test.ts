import { describe, expect, it } from 'vitest'
import { copyOf, DIGEST_KEY, SYSTEM_NAMESPACE } from '../workload/resources.ts'
import type { Naming } from '../workload/specs.ts'
import { documentOf, memberOf } from '../workload/values.ts'
import { InvariantChecker, LATEST_WRITE_MS, type Rule } from './invariant-checker.ts'
import { ExpectedState } from './expected-state.ts'
import type { SecretSnapshot } from './secret-snapshot.ts'

const TARGET = 'chaos-a/picks' // reads s0 and s1

function seen(data: Readonly<Record<string, string>>, more: Partial<SecretSnapshot> = {}): SecretSnapshot {
  return {
    uid: 'u1',
    resourceVersion: '1',
    ownerUid: 'owner',
    marks: '',
    isOurs: true,
    isRestartDue: false,
    data: new Map(Object.entries(data)),
    ...more,
  }
}
const theirs = (data: Readonly<Record<string, string>>, more: Partial<SecretSnapshot> = {}): SecretSnapshot =>
  seen(data, { ownerUid: undefined, isOurs: false, ...more })
const whole = (version: number, other = 1): Record<string, string> => ({
  username: memberOf('s0', version, 'username'),
  password: memberOf('s0', version, 'password'),
  document: documentOf('s1', other),
})
const { document, ...partial } = whole(1)

const RENAMED: Naming = { keys: 'new', misspelt: 'none' }
const allowed = (expectedState: ExpectedState): void => {
  expectedState.rotate('s0')
  expectedState.allowEndOf('u1')
  expectedState.allowDrop(TARGET, 'document', '1')
  expectedState.allowEdit(TARGET, 'password', 'by hand')
}
const nothing = (): void => undefined

it.each<
  [
    string,
    (expectedState: ExpectedState) => void,
    SecretSnapshot | undefined,
    SecretSnapshot | undefined,
    readonly Rule[],
  ]
>([
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
  ['a key that is taken out by hand is fine', allowed, seen(whole(1)), seen(partial, { resourceVersion: '2' }), []],
  [
    'a key that is taken out by hand between two looks is fine',
    (expectedState) => expectedState.allowDrop(TARGET, 'document', '5'),
    seen(whole(1), { resourceVersion: '3' }),
    seen(partial, { resourceVersion: '7' }),
    [],
  ],
  [
    'a key that goes later than somebody has tried to take it out is not',
    (expectedState) => expectedState.allowDrop(TARGET, 'document', '5'),
    seen(whole(1), { resourceVersion: '6' }),
    seen(partial, { resourceVersion: '7' }),
    ['no key vanishes'],
  ],
  [
    'a key under its new name is fine',
    (expectedState) => expectedState.allowNames(TARGET, RENAMED),
    seen(whole(1)),
    seen({ ...partial, new_document: document ?? '' }),
    [],
  ],
  [
    'a Secret that is made under new names is fine',
    (expectedState) => expectedState.allowNames(TARGET, RENAMED),
    undefined,
    seen({ ...partial, new_document: document ?? '' }),
    [],
  ],
  [
    'a key under a name that nobody gave it is not',
    nothing,
    seen(whole(1)),
    seen({ ...partial, new_document: document ?? '' }),
    ['no key vanishes'],
  ],
  [
    'a key under its new name while something else is misspelt is fine',
    (expectedState) => expectedState.allowNames(TARGET, { ...RENAMED, misspelt: 'first' }),
    seen(whole(1)),
    seen({ ...partial, new_document: document ?? '' }),
    [],
  ],
  [
    'a key that goes while its secret is misspelt is not',
    (expectedState) => expectedState.allowNames(TARGET, { ...RENAMED, misspelt: 'second' }),
    seen(whole(1)),
    seen({ ...partial, new_document: document ?? '' }),
    ['no key vanishes'],
  ],
  [
    'a key that is there under neither name is not',
    (expectedState) => expectedState.allowNames(TARGET, RENAMED),
    seen({ ...partial, new_document: document ?? '' }),
    seen(partial),
    ['no key vanishes'],
  ],
  ['a Secret that goes is not', nothing, seen(whole(1)), undefined, ['no Secret vanishes']],
  ['a Secret that is deleted by hand is fine', allowed, seen(whole(1)), undefined, []],
  ['one that was made since is not', allowed, seen(whole(1), { uid: 'u2' }), undefined, ['no Secret vanishes']],
  [
    'a Secret that goes with its namespace is fine',
    (expectedState) => expectedState.allowEndOfNamespace('chaos-a'),
    seen(whole(1)),
    undefined,
    [],
  ],
  [
    'a Secret that goes with its owner is fine',
    (expectedState) => expectedState.allowEndOf('owner'),
    seen(whole(1)),
    undefined,
    [],
  ],
  [
    'a Secret that goes although its owner was deleted with the cascade Orphan is not',
    (expectedState) => (expectedState.allowEndOf('owner'), expectedState.orphan('owner', 'u1')),
    seen(whole(1)),
    undefined,
    ['no Secret vanishes'],
  ],
  [
    'an orphaned Secret that is deleted by hand is fine',
    (expectedState) => (
      expectedState.allowEndOf('owner'),
      expectedState.orphan('owner', 'u1'),
      expectedState.allowEndOf('u1')
    ),
    seen(whole(1)),
    undefined,
    [],
  ],
  [
    'an orphaned Secret that goes with its next owner is fine',
    (expectedState) => (expectedState.orphan('former', 'u1'), expectedState.allowEndOf('owner')),
    seen(whole(1)),
    undefined,
    [],
  ],
  [
    'a Secret made anew by nobody’s wish is not',
    nothing,
    seen(whole(1)),
    seen(whole(1), { uid: 'u2' }),
    ['no Secret vanishes'],
  ],
])('%s', (_rule, prepare, before, now, rules) => {
  const expectedState = new ExpectedState()
  prepare(expectedState)
  const checker = new InvariantChecker(expectedState)
  if (before) checker.check(TARGET, undefined, before)
  expect(checker.check(TARGET, before, now).map(({ rule }) => rule)).toEqual(rules)
})

it('does not let a value go back, not even in a Secret that was made anew', () => {
  const expectedState = new ExpectedState()
  allowed(expectedState)
  const checker = new InvariantChecker(expectedState)
  checker.check(TARGET, undefined, seen(whole(2)))
  checker.check(TARGET, seen(whole(2)), undefined)
  expect(checker.check(TARGET, undefined, seen(whole(1), { uid: 'u2' }))).toEqual([
    {
      rule: 'no value goes back',
      object: TARGET,
      expected: 'version 2 of s0 or a newer one',
      seen: 'password of version 1',
    },
  ])
})

it.each<[string, number, SecretSnapshot | undefined, SecretSnapshot, readonly Rule[]]>([
  ['may be created by a write that was under way', LATEST_WRITE_MS, undefined, seen(whole(1)), []],
  [
    'may not be created later',
    LATEST_WRITE_MS + 1,
    undefined,
    seen(whole(1)),
    ['a terminating resource gets no Secret'],
  ],
  [
    'may not be created later in place of another',
    LATEST_WRITE_MS + 1,
    seen(whole(1), { uid: 'u0' }),
    seen(whole(1)),
    ['a terminating resource gets no Secret'],
  ],
  ['may be there when it was there before', LATEST_WRITE_MS + 1, seen(whole(1)), seen(whole(1)), []],
  ['may be created for another owner', LATEST_WRITE_MS + 1, undefined, seen(whole(1), { ownerUid: 'next' }), []],
])('the Secret of a resource that was deleted %s', (_rule, laterMs, before, now, rules) => {
  let nowMs = 1_000
  const expectedState = new ExpectedState(() => nowMs)
  const checker = new InvariantChecker(expectedState)
  if (before) checker.check(TARGET, undefined, before)
  expectedState.allowEndOf('owner')
  nowMs += laterMs
  // The time of the first deletion counts.
  expectedState.allowEndOf('owner')
  expect(checker.check(TARGET, before, now).map(({ rule }) => rule)).toEqual(rules)
})

it.each<[string, SecretSnapshot, readonly Rule[]]>([
  ['what its owner writes is fine', theirs({ theirs: 'second' }), []],
  ['another text is not', theirs({ theirs: 'third' }), ['nothing foreign changes']],
  ['another key is not', theirs({ theirs: 'first', password: 'x' }), ['nothing foreign changes']],
  ['another label or owner is not', theirs({ theirs: 'first' }, { marks: 'ours' }), ['nothing foreign changes']],
  [
    'anything that the operator writes is not',
    seen({ theirs: 'first' }, { isOurs: true }),
    ['nothing foreign changes'],
  ],
])('of somebody else’s Secret: %s', (_rule, now, rules) => {
  const expectedState = new ExpectedState()
  for (const text of ['first', 'second']) expectedState.allowForeign('chaos-a/mine', text)
  const checker = new InvariantChecker(expectedState)
  expect(checker.check('chaos-a/mine', theirs({ theirs: 'first' }), now).map(({ rule }) => rule)).toEqual(rules)
})

it.each<[string, string, SecretSnapshot | undefined, SecretSnapshot | undefined, readonly Rule[]]>([
  ['one that somebody makes is fine', 'kube-system/token', undefined, theirs({ a: 'x' }), []],
  ['one that the operator makes is not', 'kube-system/x', undefined, seen(whole(1)), ['nothing is written elsewhere']],
  [
    'a copy of what is never made anew is not',
    'chaos-a/acksm-replacement-0123',
    undefined,
    seen(whole(1)),
    ['nothing is written elsewhere'],
  ],
  ['other content is not', 'chaos-a/x', theirs({ a: 'x' }), theirs({ a: 'y' }), ['nothing foreign changes']],
  ['another mark is not', 'chaos-a/x', theirs({}), theirs({}, { marks: 'ours' }), ['nothing foreign changes']],
  ['one that goes is not', 'chaos-a/x', theirs({ a: 'x' }), undefined, ['no Secret vanishes']],
  ['the key of all digests is fine', `${SYSTEM_NAMESPACE}/${DIGEST_KEY}`, undefined, seen({ key: 'x' }), []],
  [
    'another key of all digests is not',
    `${SYSTEM_NAMESPACE}/${DIGEST_KEY}`,
    seen({ key: 'x' }),
    seen({ key: 'y' }),
    ['nothing foreign changes'],
  ],
])('of Secrets that no resource asks for: %s', (_rule, target, before, now, rules) => {
  const checker = new InvariantChecker(new ExpectedState())
  expect(checker.check(target, before, now).map(({ rule }) => rule)).toEqual(rules)
})

describe('a Secret that is made anew', () => {
  const IMMUTABLE = 'chaos-a/immutable' // reads s3 and s4
  const COPY = copyOf(IMMUTABLE)
  const of = (version: number, uid: string): SecretSnapshot =>
    seen(
      {
        username: memberOf('s3', version, 'username'),
        password: memberOf('s3', version, 'password'),
        document: documentOf('s4', 1),
      },
      { uid },
    )
  const [old, copy, made] = [of(1, 'old'), of(2, 'copy'), of(2, 'made')]
  const { document: _missing, ...rest } = Object.fromEntries(copy.data)
  type Step = readonly [string, SecretSnapshot | undefined, SecretSnapshot | undefined]
  const appears: Step = [IMMUTABLE, undefined, old]
  const copied: Step = [COPY, undefined, copy]
  const goes: Step = [IMMUTABLE, old, undefined]
  const comes: Step = [IMMUTABLE, undefined, made]
  const cleared: Step = [COPY, copy, undefined]

  it.each<[string, readonly Step[], readonly Rule[]]>([
    ['may go while there is a copy', [appears, copied, goes, comes, cleared], []],
    ['may be another one at the next look', [appears, [IMMUTABLE, old, made]], []],
    ['may not go without one', [appears, goes], ['no Secret vanishes']],
    ['may not go when its copy is cleared', [appears, copied, cleared, goes], ['no Secret vanishes']],
    ['has a copy until it is there', [appears, copied, goes, cleared], ['no Secret vanishes']],
    [
      'needs none when somebody has deleted it then',
      [appears, copied, goes, comes, [IMMUTABLE, made, undefined], cleared],
      [],
    ],
    ['has a whole copy', [appears, [COPY, undefined, seen(rest, { uid: 'copy' })]], ['a Secret appears whole']],
    ['has a copy of what KMS has had', [appears, [COPY, undefined, of(3, 'copy')]], ['no value is made up']],
    ['may have an older copy than the last was', [appears, copied, cleared, [COPY, undefined, of(1, 'later')]], []],
  ])('%s', (_rule, steps, rules) => {
    const expectedState = new ExpectedState()
    expectedState.rotate('s3')
    expectedState.allowEndOf('made')
    const checker = new InvariantChecker(expectedState)
    expect(steps.flatMap((step) => checker.check(...step)).map(({ rule }) => rule)).toEqual(rules)
  })
})

describe('keys that are merged into somebody else’s Secret', () => {
  const SHARED_TARGET = 'chaos-a/shared' // reads s4 and s5
  const theirsOnly = seen({ theirs: 'first' })
  const both = seen({
    theirs: 'first',
    username: memberOf('s4', 1, 'username'),
    password: memberOf('s4', 1, 'password'),
    document: documentOf('s5', 1),
  })

  it('may go once for each resource that is deleted', () => {
    const expectedState = new ExpectedState()
    expectedState.allowForeign(SHARED_TARGET, 'first')
    expectedState.allowRelease(SHARED_TARGET)
    const checker = new InvariantChecker(expectedState)
    expect(checker.check(SHARED_TARGET, both, theirsOnly)).toEqual([])
    expect(checker.check(SHARED_TARGET, theirsOnly, both)).toEqual([])
    expect(checker.check(SHARED_TARGET, both, theirsOnly).map(({ rule }) => rule)).toEqual(['no key vanishes'])
  })
})

describe('a key that is optional', () => {
  const OPTIONAL = 'chaos-a/optional' // reads s3 and s6
  const of = (extra: number | undefined): SecretSnapshot =>
    seen({
      username: memberOf('s3', 1, 'username'),
      password: memberOf('s3', 1, 'password'),
      ...(extra === undefined ? {} : { extra: documentOf('s6', extra) }),
    })

  it.each<[string, (expectedState: ExpectedState) => void, readonly Rule[]]>([
    ['goes with its secret', (expectedState) => expectedState.markAbsent('s6'), []],
    ['goes late', (expectedState) => (expectedState.markAbsent('s6'), expectedState.rotate('s6')), []],
    ['stays where nothing was absent', (expectedState) => expectedState.rotate('s6'), ['no key vanishes']],
  ])('%s', (_rule, prepare, rules) => {
    const expectedState = new ExpectedState()
    const checker = new InvariantChecker(expectedState)
    checker.check(OPTIONAL, undefined, of(1))
    prepare(expectedState)
    expect(checker.check(OPTIONAL, of(1), of(undefined)).map(({ rule }) => rule)).toEqual(rules)
  })

  it('stays when it is of a version that came after the absence', () => {
    const expectedState = new ExpectedState()
    const checker = new InvariantChecker(expectedState)
    checker.check(OPTIONAL, undefined, of(1))
    expectedState.markAbsent('s6')
    expectedState.rotate('s6')
    checker.check(OPTIONAL, of(1), of(2))
    expect(checker.check(OPTIONAL, of(2), of(undefined)).map(({ rule }) => rule)).toEqual(['no key vanishes'])
  })
})
