import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { handledRefreshOf } from './handled-refresh.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
setFlagsFromString('--no-expose-gc')

it.each([
  ['now', 'now'],
  ['a'.repeat(256), 'a'.repeat(256)],
  ['a'.repeat(257), 'a'.repeat(256)],
  [`${'a'.repeat(255)}🔑`, 'a'.repeat(255)],
  [`${'a'.repeat(254)}🔑b`, `${'a'.repeat(254)}🔑`],
])('cuts a long text between characters: %s', (annotation, expected) => {
  expect(handledRefreshOf(annotation)).toBe(expected)
})

it('keeps no memory of the rest', () => {
  const used = (): number => {
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = used()
  const kept = Array.from({ length: 100 }, (_none, index) =>
    handledRefreshOf(JSON.parse(`"${index}${'a'.repeat(200_000)}"`) as string),
  )
  expect(used() - before).toBeLessThan(10_000_000)
  expect(kept).toHaveLength(100)
})
