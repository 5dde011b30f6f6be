import { expect, it } from 'vitest'
import { workLimit } from './time-limit.ts'

it('limits the parts of the work together, without the time between them', async () => {
  let nowMs = 0
  const limited = workLimit(1_000, { monotonic: () => nowMs })
  const part = (takesMs: number): Promise<number> =>
    limited(async (timeoutMs) => {
      nowMs += takesMs
      return timeoutMs
    })
  expect(await part(300)).toBe(1_000)
  // The user thinks.
  nowMs += 60_000
  expect(await part(650)).toBe(700)
  expect(await part(100)).toBe(50)
  expect(await part(0)).toBe(1)
  await expect(limited(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
})
