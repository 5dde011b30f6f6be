import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { Interner } from './interner.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

it('does not keep long strings', () => {
  const strings = new Interner()
  const before = heapBytes()
  for (let at = 0; at < 100; at += 1) strings.of(JSON.stringify({ at, text: 'x'.repeat(200_000) }))
  expect(heapBytes() - before).toBeLessThan(5_000_000)
  expect(strings.of('a')).toBe('a')
})
