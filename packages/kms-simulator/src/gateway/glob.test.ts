import fc from 'fast-check'
import { expect, it } from 'vitest'
import { globMatches } from './glob.ts'

it('agrees with a regular expression', () => {
  const unit = fc.constantFrom('a', 'b', '/', '*', '?')
  const pattern = fc.string({ unit, maxLength: 8 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (glob, subject) => {
      const regexp = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`)
      expect(globMatches(glob, subject)).toBe(regexp.test(subject))
    }),
    { numRuns: 2_000 },
  )
})
