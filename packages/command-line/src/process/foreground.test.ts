import { expect, it } from 'vitest'
import { isForegroundStat } from './foreground.ts'

it.each([
  ['a program in the foreground', '71 (acksm) S 70 71 60 34816 71 4194304 99', true],
  ['a program in the background', '71 (acksm) S 70 71 60 34816 60 4194304 99', false],
  ['a service without a terminal', '71 (acksm) S 1 71 71 0 -1 4194304 99', false],
  ['a name like columns', '71 (a) S 1 2 3) S 70 71 60 34816 71 4194304 99', true],
])('knows %s', (_what, stat, isForeground) => {
  expect(isForegroundStat(stat)).toBe(isForeground)
})
