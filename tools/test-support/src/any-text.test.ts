import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyCodePoint } from './any-text.ts'

it.each([
  ['the first', '\0', true],
  ['the last before the surrogates', '\ud7ff', true],
  ['a surrogate', '\ud800', false],
  ['the last surrogate', '\udfff', false],
  ['the first after the surrogates', '\ue000', true],
  ['the last', '\u{10ffff}', true],
  ['two of them', 'ab', false],
  ['an empty text', '', false],
])('knows its texts: %s', (_what, text, known) => expect(anyCodePoint.canShrinkWithoutContext(text)).toBe(known))

it('creates texts that UTF-8 has, of all lengths of a code point', () => {
  const points = fc.sample(anyCodePoint, { seed: 1, numRuns: 2_000 })
  expect(points.every((point) => anyCodePoint.canShrinkWithoutContext(point))).toBe(true)
  expect(new Set(points.map((point) => Buffer.byteLength(point)))).toEqual(new Set([1, 2, 3, 4]))
})
