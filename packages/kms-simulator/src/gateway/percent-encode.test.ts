import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalQuery, percentEncode } from './percent-encode.ts'

it('keeps only unreserved characters, and is reversible', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = percentEncode(text)
      expect(encoded).toMatch(/^(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*$/)
      expect(decodeURIComponent(encoded)).toBe(text)
    }),
  )
})

it('sorts by code unit and keeps empty values', () => {
  const params = new Map([
    ['b', ''],
    ['a', '1'],
    ['B', '2'],
    ['Signature', 'x'],
  ])
  expect(canonicalQuery(params, 'Signature')).toBe('B=2&a=1&b=')
})
