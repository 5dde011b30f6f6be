import { expect, it } from 'vitest'
import { fitScreen } from './fit-screen.ts'

it.each([
  ['a text that fits', 'a\nb\n', { rows: 4, columns: 10 }, 'a\nb\n'],
  ['one that does not', 'a\nb\nc\nd\n', { rows: 4, columns: 10 }, 'a\nb\n… 2 more lines\n'],
  ['a line of two', `${'a'.repeat(12)}\nb\nc\nd\n`, { rows: 5, columns: 10 }, `${'a'.repeat(12)}\nb\n… 2 more lines\n`],
  ['a Chinese line of two', '密码已过期\nb\nc\nd\n', { rows: 5, columns: 9 }, '密码已过期\nb\n… 2 more lines\n'],
  [
    'colours, which have no width',
    `\u001b[31m${'a'.repeat(10)}\u001b[0m\nb\n`,
    { rows: 3, columns: 10 },
    `\u001b[31m${'a'.repeat(10)}\u001b[0m\nb\n`,
  ],
])('%s', (_what, text, size, shown) => expect(fitScreen(text, size)).toBe(shown))
