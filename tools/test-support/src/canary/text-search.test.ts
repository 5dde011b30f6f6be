import { assert, array, constantFrom, property, string } from 'fast-check'
import { expect, it } from 'vitest'
import { anyCodePoint } from '../any-text.ts'
import { TextSearch } from './text-search.ts'

it('finds what a search for each text alone finds, in any text', () => {
  // Few letters, so that texts overlap, contain each other, occur twice, and have equal starts.
  const letters = (minLength: number, maxLength: number) =>
    array(constantFrom('a', 'b', '\u0161'), { minLength, maxLength, size: 'max' }).map((all) => all.join(''))
  assert(
    property(array(letters(4, 7), { maxLength: 12 }), letters(0, 60), (wanted, text) => {
      const search = new TextSearch(wanted.map((each, at) => ({ text: each, what: at })))
      const expected = wanted.flatMap((each, what) => {
        const index = text.indexOf(each)
        return index < 0 ? [] : [{ what, index }]
      })
      expect(search.in(text)).toEqual(expected)
    }),
    { numRuns: 500 },
  )
})

it('finds a text at the start, at the end, and as a whole', () => {
  assert(
    property(string({ minLength: 4, unit: anyCodePoint }), string(), (wanted, more) => {
      const search = new TextSearch([{ text: wanted, what: 'it' }])
      for (const text of [wanted, `${wanted}${more}`, `${more}${wanted}`]) {
        expect(search.in(text)).toEqual([{ what: 'it', index: text.indexOf(wanted) }])
      }
    }),
    { numRuns: 30 },
  )
})

it('refuses a text that is too short to compare', () => {
  expect(() => new TextSearch([{ text: 'abc', what: '' }])).toThrow('less than 4 characters')
})
