import { describe, expect, it } from 'vitest'
import vectors from '../../testdata/go-regexp/vectors.json' with { type: 'json' }
import { compileKeyRules, type KeyRule } from './key-rules.ts'
import { TRANSFORM_LIMITS } from '../limits.ts'
import { rewriteKeys } from './rewrite-keys.ts'
import { codeOf, failure, utf8 } from '../testing/helpers.ts'
import { WorkBudget } from '../work-budget.ts'

const FIELD = 'spec.dataProcess[0].replaceRule'

function rewrite(names: readonly string[], ...rules: KeyRule[]): string[] {
  const entries = new Map(names.map((name) => [name, utf8(name)]))
  return [...rewriteKeys(entries, compileKeyRules(rules, FIELD)).keys()]
}

interface Vector {
  readonly pattern: string
  readonly replacement: string
  readonly input: string
  readonly result?: string
  readonly invalid?: boolean
}

describe('key rules match Go', () => {
  const all: readonly Vector[] = vectors
  const run = ({ pattern, replacement, input }: Vector): string[] =>
    rewrite([input], { source: pattern, target: replacement })

  it.each(all.filter(({ invalid }) => !invalid))('$pattern → $replacement on $input', (vector) => {
    expect(run(vector)).toEqual([vector.result ?? ''])
  })

  it.each(all.filter(({ invalid }) => invalid))('$pattern is refused', (vector) => {
    const error = failure(() => run(vector))
    expect(error).toMatchObject({ code: 'InvalidSpec', facts: { field: `${FIELD}[0].source` } })
  })

  it('except for a duplicate group name, which Go accepts', () => {
    expect(codeOf(() => rewrite(['ab'], { source: '(?P<n>a)(?P<n>b)', target: '$n' }))).toBe('InvalidSpec')
  })
})

describe('rewriteKeys', () => {
  it('applies the rules in order, only to names', () => {
    const rules = compileKeyRules(
      [
        { source: '^db_', target: 'DB_' },
        { source: 'DB', target: 'PG' },
      ],
      FIELD,
    )
    const rewritten = rewriteKeys(
      new Map([
        ['db_host', utf8('db_value')],
        ['other', utf8('DB')],
      ]),
      rules,
    )
    expect([...rewritten]).toEqual([
      ['PG_host', utf8('db_value')],
      ['other', utf8('DB')],
    ])
  })

  it('without rules changes nothing', () => {
    expect(rewrite(['b', 'a', '__proto__'])).toEqual(['b', 'a', '__proto__'])
  })

  it('treats names of prototype properties as ordinary keys, on both sides', () => {
    expect(rewrite(['__proto__', 'a'], { source: '^a$', target: 'constructor' })).toEqual(['__proto__', 'constructor'])
    expect(rewrite(['x'], { source: 'x', target: '__proto__' })).toEqual(['__proto__'])
    expect(rewrite(['x'], { source: '(x)', target: '<$constructor>' })).toEqual(['<>'])
  })

  it('names both keys that become equal', () => {
    const error = failure(() => rewrite(['a_x', 'b', 'b_x'], { source: '^._', target: '' }))
    expect(error.code).toBe('DuplicateKey')
    expect(error.message).toBe('keys a_x and b_x both become x by the replace rules')
  })

  it('names no key that may be part of a value', () => {
    const error = failure(() => rewrite(['plain', 'canary a', 'canary b'], { source: ' .', target: '/' }))
    expect(error.message).toBe('keys no. 2 and no. 3 both become an invalid key by the replace rules')
  })

  it('detects a key that is renamed to an existing one', () => {
    expect(failure(() => rewrite(['a', 'b'], { source: 'b', target: 'a' })).code).toBe('DuplicateKey')
  })

  // With backtracking, none of these would end.
  it.each(['^(a+)+$', '(a*)*b', '(a|aa)+$', '(a?){100}a{100}$', '(.*)(.*)(.*)(.*)b'])('%s terminates', (source) => {
    const names = Array.from({ length: 60 }, (_, at) => `${'a'.repeat(250)}!${at}`)
    expect(rewrite(names, { source, target: 'x' })).toEqual(names)
  })

  // One search is linear, but each empty match begins another.
  it.each(['(?:a*b)?', '(?:((a|s|k)*(a|x)?){60}!)?'])('bounds the work of %s', (source) => {
    const names = Array.from({ length: 30 }, (_, at) => `${'a'.repeat(1_000)}${at}`)
    expect(failure(() => rewrite(names, { source, target: '' })).code).toBe('TooLarge')
  })

  it('bounds the work of all rules of a resource together', () => {
    const work = new WorkBudget()
    const rules = compileKeyRules([{ source: '(?:a*b)?', target: '' }], FIELD)
    const entries = new Map([['a'.repeat(1_000), utf8('')]])
    const codes = Array.from({ length: 10 }, () => codeOf(() => rewriteKeys(entries, rules, work)))
    expect([codes[0], codes.at(-1)]).toEqual(['none', 'TooLarge'])
  })

  it.each([
    ['a name that is too long', ['a'.repeat(TRANSFORM_LIMITS.keyLength + 1)], [{ source: 'a', target: 'a' }]],
    ['a name that a rule makes too long', ['a'.repeat(500)], [{ source: '', target: 'x'.repeat(1_000) }]],
    [
      'names that grow with each rule',
      ['ab'],
      Array.from({ length: 32 }, () => ({ source: '(.+)', target: '$1$1$1' })),
    ],
  ])('refuses %s', (_what, names, rules) => {
    const error = failure(() => rewrite(names, ...rules))
    expect(error.code).toBe('InvalidKey')
    expect(error.message.length).toBeLessThan(300)
  })
})

describe('compileKeyRules', () => {
  const long = 'a'.repeat(TRANSFORM_LIMITS.ruleLength + 1)
  it.each([
    [
      'a syntax error, in its rule',
      [
        { source: 'a', target: '' },
        { source: '(', target: '' },
      ],
      `${FIELD}[1].source`,
    ],
    ['a long source', [{ source: long, target: '' }], `${FIELD}[0].source`],
    ['a long target', [{ source: '', target: long }], `${FIELD}[0].target`],
    ['a large program', [{ source: 'a{900}b{900}c{900}', target: '' }], `${FIELD}[0].source`],
    ['too many rules', Array.from({ length: TRANSFORM_LIMITS.rules + 1 }, () => ({ source: '', target: '' })), FIELD],
  ])('refuses %s', (_what, rules, field) => {
    const error = failure(() => compileKeyRules(rules, FIELD))
    expect(error).toMatchObject({ code: 'InvalidSpec', facts: { field } })
    expect(error.message).toContain(field)
  })
})
