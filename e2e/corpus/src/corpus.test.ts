import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadCorpus } from './corpus.ts'
import { differenceOf } from './outcome.ts'
import { VALUES_PAGE, valuesPage } from './values-page.ts'
import { visible } from './visible.ts'

const corpus = loadCorpus()

describe('the corpus', () => {
  it('has hundreds of cases, each with a unique rule', () => {
    expect(corpus.length).toBeGreaterThan(450)
    const rules = corpus.map(({ topic, rule }) => `${topic}: ${rule}`)
    expect(new Set(rules).size).toBe(rules.length)
  })

  it('has more outputs than refusals, and enough of both', () => {
    const count = (kind: string): number => corpus.filter(({ expected }) => expected.kind === kind).length
    expect(count('secret')).toBeGreaterThan(count('refused'))
    expect(count('refused')).toBeGreaterThan(100)
    expect(count('invalid')).toBeGreaterThan(40)
  })
})

describe('a difference', () => {
  const [one] = corpus.filter(({ expected }) => expected.kind === 'secret')
  if (one === undefined) throw new Error('no case gives a Secret')
  const refused = {
    ...one,
    expected: { kind: 'refused', reason: 'NoData', says: ['nothing'], ownWords: false },
  } as const

  it.each([
    ['another value', one, { kind: 'secret', type: 'Opaque', data: { other: '' } }],
    ['another type', one, { ...one.expected, type: 'other' }],
    ['a refusal', one, { kind: 'refused', reason: 'NoData', message: '' }],
    ['nothing', one, undefined],
    ['another reason', refused, { kind: 'refused', reason: 'TooLarge', message: 'nothing' }],
    ['another message', refused, { kind: 'refused', reason: 'NoData', message: 'something' }],
    ['a Secret', refused, one.expected],
  ] as const)('is %s', (_what, expected, outcome) => {
    expect(differenceOf(expected, outcome as Parameters<typeof differenceOf>[1])).toBeDefined()
  })

  it('ignores the order of the keys', () => {
    const two = { ...one, expected: { kind: 'secret', type: 'Opaque', data: { a: '', b: '' } } } as const
    expect(differenceOf(two, { kind: 'secret', type: 'Opaque', data: { b: '', a: '' } })).toBeUndefined()
  })
})

describe('the page of values', () => {
  it('is up to date (npm run generate -w @ack-secret-manager/corpus)', () => {
    expect(readFileSync(VALUES_PAGE, 'utf8')).toBe(valuesPage())
  })

  it('shows invisible characters', () => {
    expect(visible('a\n\0\u007f\uFEFF|')).toBe('`a␊␀␡⟨FEFF⟩\\|`')
    expect(visible('')).toBe('*empty*')
  })
})
