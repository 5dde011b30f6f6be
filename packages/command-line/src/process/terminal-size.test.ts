import { expect, it } from 'vitest'
import { terminalSize } from './terminal-size.ts'

it.each([
  ['a terminal', { columns: 20, rows: 10 }, { columns: 20, rows: 10 }],
  ['a terminal without a size', { columns: 0, rows: 0 }, { columns: 100, rows: 40 }],
  ['a pipe', {}, { columns: 100, rows: 40 }],
])('has the size of %s', (_what, stream, size) => expect(terminalSize(stream)).toEqual(size))
