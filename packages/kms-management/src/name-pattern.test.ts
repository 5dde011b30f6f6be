import { array, assert, constantFrom, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern } from './name-pattern.ts'

describe('compilePattern', () => {
  it.each([
    ['shop/*', 'shop/db', true],
    ['shop/*', 'shop/db/main', true],
    ['shop/*', 'shop', false],
    ['*', '', true],
    ['*db*', 'shop/db/main', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    ['', '', true],
    ['', 'a', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['SHOP/*', 'shop/db', false],
  ])('%s, %s: %s', (pattern, name, expected) => {
    expect(compilePattern(pattern)(name)).toBe(expected)
  })

  it('agrees with a regular expression', () => {
    const pattern = array(constantFrom('a', 'b', '/', '*', '?'), { maxLength: 8 }).map((parts) => parts.join(''))
    const name = array(constantFrom('a', 'b', '/'), { maxLength: 10 }).map((parts) => parts.join(''))
    assert(
      property(pattern, name, (wanted, text) => {
        const same = new RegExp(`^${wanted.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(compilePattern(wanted)(text)).toBe(same.test(text))
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes every name for itself, without special characters', () => {
    assert(
      property(
        string().filter((text) => !/[*?]/.test(text)),
        (text) => {
          expect(compilePattern(text)(text)).toBe(true)
        },
      ),
    )
  })

  it('is quick for a pattern of stars', () => {
    const started = performance.now()
    expect(compilePattern(`${'*a'.repeat(100)}*b`)('a'.repeat(192))).toBe(false)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('refuses a pattern of more than 256 characters', () => {
    expect(() => compilePattern('*'.repeat(257))).toThrow('filter: expected at most 256 characters')
  })
})
