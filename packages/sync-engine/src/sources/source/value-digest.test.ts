import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { valueDigester } from './value-digest.ts'

describe('valueDigester', () => {
  it('distinguishes different bytes of any size, in any order', () => {
    const digest = valueDigester()
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 4_000, maxLength: 5_000, size: 'max' }),
    )
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        expect(digest(a)).toBe(digest(Uint8Array.from(a)))
        expect(digest(a) === digest(b)).toBe(Buffer.compare(a, b) === 0)
      }),
      { numRuns: 50 },
    )
  })

  it('is keyed, so that another process has other digests', () => {
    expect(valueDigester()(Buffer.from('a'))).not.toBe(valueDigester()(Buffer.from('a')))
  })
})
