import { expect, it } from 'vitest'
import { compareResourceVersions } from './resource-version.ts'

it.each([
  ['5', '5', 0],
  ['9', '10', -1],
  ['10', '9', 1],
  ['99', '100', -1],
  ['18446744073709551615', '18446744073709551616', -1],
  ['abc', '5', 1],
  ['5', 'abc', 1],
  ['', '5', 1],
])('%s against %s', (a, b, sign) => {
  expect(Math.sign(compareResourceVersions(a, b))).toBe(sign)
})
