import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkAlphabet, type CharacterClass } from './password-alphabet.ts'
import { passwordGenerator, type PasswordOptions } from './password-generator.ts'

const { signal } = new AbortController()
const CLASSES: readonly CharacterClass[] = ['Lower', 'Upper', 'Digits', 'Symbols']
const PATTERNS = { Lower: /[a-z]/, Upper: /[A-Z]/, Digits: /[0-9]/, Symbols: /[^A-Za-z0-9]/ }

async function password(options: PasswordOptions = {}): Promise<string> {
  return Buffer.from((await passwordGenerator(options).generate({ signal })).value.expose()).toString()
}

/** Pearson's chi-squared statistic of `counts` against a uniform distribution. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

describe('a password', () => {
  it('has 32 letters and digits by default, with every class', async () => {
    const text = await password()
    expect(text).toMatch(/^[A-Za-z0-9]{32}$/)
    for (const name of ['Lower', 'Upper', 'Digits'] as const) expect(text).toMatch(PATTERNS[name])
  })

  it('has the length, the characters and every class of its options', async () => {
    const options = fc.record({
      length: fc.integer({ min: 8, max: 40 }),
      classes: fc.subarray([...CLASSES], { minLength: 1 }).filter((classes) => String(classes) !== 'Symbols'),
      alphabet: fc.option(
        fc
          .uniqueArray(fc.integer({ min: 33, max: 126 }), { minLength: 10 })
          .map((codes) => String.fromCharCode(...codes)),
        { nil: undefined },
      ),
    })
    await fc.assert(
      fc.asyncProperty(options, async ({ length, classes, alphabet }) => {
        fc.pre(checkAlphabet(classes, alphabet) === undefined)
        const text = await password({ length, classes, ...(alphabet !== undefined && { alphabet }) })
        expect(text).toHaveLength(length)
        for (const name of classes) expect(text).toMatch(PATTERNS[name])
        const allowed = alphabet ?? 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~'
        for (const character of text) expect(allowed).toContain(character)
        if (alphabet === undefined) {
          for (const name of CLASSES) if (!classes.includes(name)) expect(text).not.toMatch(PATTERNS[name])
        }
      }),
    )
  })

  it('has every character equally often: no modulo bias', async () => {
    // 62 does not divide 256: a byte modulo 62 would favour 8 characters by a quarter.
    const counts = new Map<string, number>()
    for (let sample = 0; sample < 400; sample += 1)
      for (const character of await password({ length: 256, classes: ['Lower', 'Upper', 'Digits'] }))
        counts.set(character, (counts.get(character) ?? 0) + 1)
    expect(counts.size).toBe(62)
    // 61 degrees of freedom: above 150 once in 10^9 runs. With a modulo bias it is about 1,300.
    expect(chiSquared([...counts.values()])).toBeLessThan(150)
  })

  it('has a class at every position equally often', async () => {
    const positions = Array.from({ length: 8 }, () => 0)
    const options: PasswordOptions = { length: 8, alphabet: 'abcdefghijklmnop0', classes: ['Digits'] }
    for (let sample = 0; sample < 4_000; sample += 1)
      for (const [at, character] of (await password(options)).split('').entries())
        if (character === '0') positions[at] = (positions[at] ?? 0) + 1
    // 7 degrees of freedom: above 60 once in 10^9 runs.
    expect(chiSquared(positions)).toBeLessThan(60)
  })

  it('discards a candidate that lacks a class', async () => {
    // Eight times `a` lacks a digit; then seven times `a` and a `0`.
    const numbers = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10]
    const randomInt = (): number => numbers.shift() ?? Number.NaN
    expect(await password({ length: 8, alphabet: 'abcdefghij0', classes: ['Digits'], randomInt })).toBe('aaaaaaa0')
  })
})

describe('the settings of a password', () => {
  const { settings } = passwordGenerator()
  it.each<[string, PasswordOptions, boolean]>([
    ['the defaults, written out', { length: 32, classes: ['Lower', 'Upper', 'Digits'] }, true],
    ['another order of classes', { classes: ['Digits', 'Upper', 'Lower'] }, true],
    ['a renewal', { renewAfterMs: 1, renewsOnChange: true }, true],
    ['another length', { length: 33 }, false],
    ['another class', { classes: ['Lower', 'Upper'] }, false],
    [
      'the same characters, none of them required',
      { alphabet: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789' },
      false,
    ],
  ])('%s', (_what, options, isSame) => {
    expect(passwordGenerator(options).settings === settings).toBe(isSame)
  })
})

describe('options that no password satisfies', () => {
  it.each<[string, PasswordOptions, string]>([
    ['a short length', { length: 7 }, 'length: expected 8 to 512, got 7'],
    ['a long length', { length: 513 }, 'length: expected 8 to 512, got 513'],
    ['a fraction', { length: 8.5 }, 'length: expected 8 to 512, got 8.5'],
    [
      'symbols alone',
      { classes: ['Symbols'] },
      'classes: expected classes with at least 10 characters together, got 4',
    ],
    ['no class', { classes: [] }, 'classes: expected classes with at least 10 characters together, got 0'],
    ['a class twice', { classes: ['Lower', 'Lower'] }, 'classes: expected each class once'],
    ['a short alphabet', { alphabet: '012345678' }, 'alphabet: expected at least 10 characters, got 9'],
    ['a repeated character', { alphabet: 'abcdefghija' }, 'alphabet: expected each character once'],
    ['a space', { alphabet: 'abcdefghij ' }, 'alphabet: expected printable ASCII characters without spaces'],
    [
      'a letter with an accent',
      { alphabet: 'abcdefghijé' },
      'alphabet: expected printable ASCII characters without spaces',
    ],
    [
      'a class that the alphabet lacks',
      { alphabet: 'abcdefghij', classes: ['Digits'] },
      'alphabet: it has no character of the class Digits',
    ],
  ])('%s', (_what, options, message) => {
    expect(() => passwordGenerator(options)).toThrow(expect.objectContaining({ code: 'InvalidSpec', message }))
  })
})
