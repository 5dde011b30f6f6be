import fc from 'fast-check'

const CODE_POINTS = 0x11_0000
const FIRST_SURROGATE = 0xd800
const SURROGATES = 0x800

/**
 * One code point that UTF-8 has: the same as `unit: 'binary'`, which fills a table of a million code points in each process that uses it,
 * in 800 ms.
 */
export const anyCodePoint: fc.Arbitrary<string> = fc
  .nat(CODE_POINTS - SURROGATES - 1)
  .map((index) => String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATES), indexOf)

function indexOf(text: unknown): number {
  const point = typeof text === 'string' ? text.codePointAt(0) : undefined
  if (point === undefined || String.fromCodePoint(point) !== text) throw new Error('not one code point')
  if (point < FIRST_SURROGATE) return point
  if (point < FIRST_SURROGATE + SURROGATES) throw new Error('a surrogate')
  return point - SURROGATES
}
