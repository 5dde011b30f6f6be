import { expect, it } from 'vitest'
import { regexCost } from './regex-cost.ts'

it.each([
  ['', 0],
  ['team-.*', 7],
  ['(?i)team-[a-z]+', 15],
  ['[a-z]{5}-[a-z0-9]{1,8}', 22 + 5 + 8],
  ['a{1000}a{1000}', 14 + 2_000],
  ['a{3,}', 5 + 4],
  ['(ab{2}){10}', (11 + 2) * 10],
  ['((a{10}){10}){10}', (17 + 10) * 100],
  ['(a){0}', 6],
  ['\\pL', 3 * 16],
  ['équipe', 6 * 16],
  ['(?i)[!-\\x{ffff}]', 16 * 256],
  ['(?s-i:.)\\pL', 11 * 256],
])('of %s is %d', (regex, cost) => expect(regexCost(regex)).toBe(cost))
