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
  ['allows a first value', nothing, undefined, seen(whole(1)), []],
  ['allows a newer value', allowed, seen(whole(1)), seen(whole(2)), []],
  ['reports a value that KMS never had', nothing, seen(whole(1)), seen(whole(2)), ['no value is made up']],
  [
    'reports text of unknown origin',
    nothing,
    seen(whole(1)),
    seen({ ...whole(1), password: '<html>' }),
    ['no value is made up'],
  ],
  ['allows an edit by a user', allowed, seen(whole(1)), seen({ ...whole(1), password: 'by hand' }), []],
  [
    'reports two versions of one secret',
    allowed,
    seen(whole(1)),
    seen({ ...whole(1), password: memberOf('s0', 2, 'password') }),
    ['no mix of versions'],
  ],
  [
    'allows a key of a former spec with its former value after its record was removed',
    (expectedState) => {
      allowed(expectedState)
      expectedState.recordsRemoved(TARGET)
    },
    seen({ ...whole(1), host: memberOf('s0', 1, 'host') }),
    seen({ ...whole(2), host: memberOf('s0', 1, 'host') }),
    [],
  ],
  [
    'reports two versions in the spec after the records were removed',
    (expectedState) => {
      allowed(expectedState)
      expectedState.recordsRemoved(TARGET)
    },
    seen(whole(1)),
    seen({ ...whole(1), password: memberOf('s0', 2, 'password') }),
    ['no mix of versions'],
  ],
  [
    'reports a key of a former spec with its former value while the Secret has its records',
    allowed,
    seen({ ...whole(1), host: memberOf('s0', 1, 'host') }),
    seen({ ...whole(2), host: memberOf('s0', 1, 'host') }),
    ['no mix of versions'],
  ],
  ['reports an incomplete new Secret', nothing, undefined, seen(partial), ['a new Secret is complete']],
  ['reports a removed key', nothing, seen(whole(1)), seen(partial), ['no key vanishes']],
  ['allows a key that a user removes', allowed, seen(whole(1)), seen(partial, { resourceVersion: '2' }), []],
  [
    'allows a key that a user removes between two observations',
    (expectedState) => expectedState.allowDrop(TARGET, 'document', '5'),
    seen(whole(1), { resourceVersion: '3' }),
    seen(partial, { resourceVersion: '7' }),
    [],
  ],
  [
    'reports a key that disappears after a failed removal by a user',
    (expectedState) => expectedState.allowDrop(TARGET, 'document', '5'),
    seen(whole(1), { resourceVersion: '6' }),
    seen(partial, { resourceVersion: '7' }),
    ['no key vanishes'],
  ],
  [
    'allows a key under its new name',
    (expectedState) => expectedState.allowNames(TARGET, RENAMED),
    seen(whole(1)),
    seen({ ...partial, new_document: document ?? '' }),
    [],
  ],
  [
    'allows a Secret that is created with new key names',
    (expectedState) => expectedState.allowNames(TARGET, RENAMED),
    undefined,
    seen({ ...partial, new_document: document ?? '' }),
    [],
  ],
  [
    'reports a key under an unknown name',
    nothing,
    seen(whole(1)),
    seen({ ...partial, new_document: document ?? '' }),
    ['no key vanishes'],
  ],
  [
    'allows a key under its new name while another secret is misspelt',
    (expectedState) => expectedState.allowNames(TARGET, { ...RENAMED, misspelt: 'first' }),
    seen(whole(1)),
    seen({ ...partial, new_document: document ?? '' }),
    [],
  ],
  [
    'reports a key that disappears while its secret is misspelt',
    (expectedState) => expectedState.allowNames(TARGET, { ...RENAMED, misspelt: 'second' }),
    seen(whole(1)),
    seen({ ...partial, new_document: document ?? '' }),
    ['no key vanishes'],
  ],
  [
    'reports a key that has neither name',
    (expectedState) => expectedState.allowNames(TARGET, RENAMED),
    seen({ ...partial, new_document: document ?? '' }),
    seen(partial),
    ['no key vanishes'],
  ],
  ['reports a deleted Secret', nothing, seen(whole(1)), undefined, ['no Secret vanishes']],
  ['allows a Secret that a user deletes', allowed, seen(whole(1)), undefined, []],
  [
    'reports a deleted Secret that was created after the deletion by a user',
    allowed,
    seen(whole(1), { uid: 'u2' }),
    undefined,
    ['no Secret vanishes'],
  ],
  [
    'allows the deletion of a Secret with its namespace',
    (expectedState) => expectedState.allowEndOfNamespace('chaos-a'),
    seen(whole(1)),
    undefined,
    [],
  ],
  [
    'allows the deletion of a Secret with its owner',
    (expectedState) => expectedState.allowEndOf('owner'),
    seen(whole(1)),
    undefined,
    [],
  ],
  [
    'reports a deleted Secret whose owner was deleted with the cascade Orphan',
    (expectedState) => (expectedState.allowEndOf('owner'), expectedState.orphan('owner', 'u1')),
    seen(whole(1)),
    undefined,
    ['no Secret vanishes'],
  ],
  [
    'allows an orphaned Secret that a user deletes',
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
    'allows the deletion of an orphaned Secret with its next owner',
    (expectedState) => (expectedState.orphan('former', 'u1'), expectedState.allowEndOf('owner')),
    seen(whole(1)),
    undefined,
    [],
  ],
  [
    'reports a Secret that is recreated without a reason',
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

it('reports an older value, even in a recreated Secret', () => {
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
      seen: 'username of version 1, password of version 1',
    },
  ])
})

it.each<[string, number, SecretSnapshot | undefined, SecretSnapshot, readonly Rule[]]>([
  ['may be created by a pending write', LATEST_WRITE_MS, undefined, seen(whole(1)), []],
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
  ['may exist if it existed before', LATEST_WRITE_MS + 1, seen(whole(1)), seen(whole(1)), []],
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
  ['allows writes of its owner', theirs({ theirs: 'second' }), []],
  ['reports another text', theirs({ theirs: 'third' }), ['foreign Secrets stay unchanged']],
  ['reports another key', theirs({ theirs: 'first', password: 'x' }), ['foreign Secrets stay unchanged']],
  [
    'reports another label or owner',
    theirs({ theirs: 'first' }, { marks: 'ours' }),
    ['foreign Secrets stay unchanged'],
  ],
  [
    'reports any write of the operator',
    seen({ theirs: 'first' }, { isOurs: true }),
    ['foreign Secrets stay unchanged'],
  ],
])('for a Secret of another owner: %s', (_rule, now, rules) => {
  const expectedState = new ExpectedState()
  for (const text of ['first', 'second']) expectedState.allowForeign('chaos-a/mine', text)
  const checker = new InvariantChecker(expectedState)
  expect(checker.check('chaos-a/mine', theirs({ theirs: 'first' }), now).map(({ rule }) => rule)).toEqual(rules)
})

it.each<[string, string, SecretSnapshot | undefined, SecretSnapshot | undefined, readonly Rule[]]>([
  ['allows a Secret that another client creates', 'kube-system/token', undefined, theirs({ a: 'x' }), []],
  [
    'reports a Secret that the operator creates',
    'kube-system/x',
    undefined,
    seen(whole(1)),
    ['nothing is written elsewhere'],
  ],
  [
    'reports a replacement of a Secret that is never recreated',
    'chaos-a/acksm-replacement-0123',
    undefined,
    seen(whole(1)),
    ['nothing is written elsewhere'],
  ],
  ['reports other content', 'chaos-a/x', theirs({ a: 'x' }), theirs({ a: 'y' }), ['foreign Secrets stay unchanged']],
  [
    'reports other metadata',
    'chaos-a/x',
    theirs({}),
    theirs({}, { marks: 'ours' }),
    ['foreign Secrets stay unchanged'],
  ],
  ['reports a deleted Secret', 'chaos-a/x', theirs({ a: 'x' }), undefined, ['no Secret vanishes']],
  ['allows the digest key', `${SYSTEM_NAMESPACE}/${DIGEST_KEY}`, undefined, seen({ key: 'x' }), []],
  [
    'reports a changed digest key',
    `${SYSTEM_NAMESPACE}/${DIGEST_KEY}`,
    seen({ key: 'x' }),
    seen({ key: 'y' }),
    ['foreign Secrets stay unchanged'],
  ],
])('for Secrets that no resource uses: %s', (_rule, target, before, now, rules) => {
  const checker = new InvariantChecker(new ExpectedState())
  expect(checker.check(target, before, now).map(({ rule }) => rule)).toEqual(rules)
})

describe('a recreated Secret', () => {
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
    ['may be absent while a replacement exists', [appears, copied, goes, comes, cleared], []],
    ['may be another object at the next observation', [appears, [IMMUTABLE, old, made]], []],
    ['may not be absent without a replacement', [appears, goes], ['no Secret vanishes']],
    ['may not be absent after its replacement is deleted', [appears, copied, cleared, goes], ['no Secret vanishes']],
    ['has a replacement until it exists', [appears, copied, goes, cleared], ['no Secret vanishes']],
    [
      'needs no copy if a user deletes it meanwhile',
      [appears, copied, goes, comes, [IMMUTABLE, made, undefined], cleared],
      [],
    ],
    [
      'has a complete replacement',
      [appears, [COPY, undefined, seen(rest, { uid: 'copy' })]],
      ['a new Secret is complete'],
    ],
    [
      'has a replacement with values that KMS had',
      [appears, [COPY, undefined, of(3, 'copy')]],
      ['no value is made up'],
    ],
    [
      'may have an older replacement than the previous one',
      [appears, copied, cleared, [COPY, undefined, of(1, 'later')]],
      [],
    ],
  ])('%s', (_rule, steps, rules) => {
    const expectedState = new ExpectedState()
    expectedState.rotate('s3')
    expectedState.allowEndOf('made')
    const checker = new InvariantChecker(expectedState)
    expect(steps.flatMap((step) => checker.check(...step)).map(({ rule }) => rule)).toEqual(rules)
  })
})

describe('keys that are merged into a Secret of another owner', () => {
  const SHARED_TARGET = 'chaos-a/shared' // reads s4 and s5
  const theirsOnly = seen({ theirs: 'first' })
  const both = seen({
    theirs: 'first',
    username: memberOf('s4', 1, 'username'),
    password: memberOf('s4', 1, 'password'),
    document: documentOf('s5', 1),
  })

  it('may be removed once for each deleted resource', () => {
    const expectedState = new ExpectedState()
    expectedState.allowForeign(SHARED_TARGET, 'first')
    expectedState.allowRelease(SHARED_TARGET)
    const checker = new InvariantChecker(expectedState)
    expect(checker.check(SHARED_TARGET, both, theirsOnly)).toEqual([])
    expect(checker.check(SHARED_TARGET, theirsOnly, both)).toEqual([])
    expect(checker.check(SHARED_TARGET, both, theirsOnly).map(({ rule }) => rule)).toEqual(['no key vanishes'])
  })
})

describe('an optional key', () => {
  const OPTIONAL = 'chaos-a/optional' // reads s3 and s6
  const of = (extra: number | undefined): SecretSnapshot =>
    seen({
      username: memberOf('s3', 1, 'username'),
      password: memberOf('s3', 1, 'password'),
      ...(extra === undefined ? {} : { extra: documentOf('s6', extra) }),
    })

  it.each<[string, (expectedState: ExpectedState) => void, readonly Rule[]]>([
    ['may be removed with its secret', (expectedState) => expectedState.markAbsent('s6'), []],
    ['may be removed late', (expectedState) => (expectedState.markAbsent('s6'), expectedState.rotate('s6')), []],
    ['stays if its secret was never absent', (expectedState) => expectedState.rotate('s6'), ['no key vanishes']],
  ])('%s', (_rule, prepare, rules) => {
    const expectedState = new ExpectedState()
    const checker = new InvariantChecker(expectedState)
    checker.check(OPTIONAL, undefined, of(1))
    prepare(expectedState)
    expect(checker.check(OPTIONAL, of(1), of(undefined)).map(({ rule }) => rule)).toEqual(rules)
  })

  it('stays if its version is newer than the absence', () => {
    const expectedState = new ExpectedState()
    const checker = new InvariantChecker(expectedState)
    checker.check(OPTIONAL, undefined, of(1))
    expectedState.markAbsent('s6')
    expectedState.rotate('s6')
    checker.check(OPTIONAL, of(1), of(2))
    expect(checker.check(OPTIONAL, of(2), of(undefined)).map(({ rule }) => rule)).toEqual(['no key vanishes'])
  })
})
