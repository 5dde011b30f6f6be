import { expect, it } from 'vitest'
import { dependentSignals } from './dependent-signals.ts'

it('counts the results of AbortSignal.any that have had a listener', () => {
  const { signal } = new AbortController()
  expect(dependentSignals(signal)).toBe(0)
  const made = [1, 2].map(() => AbortSignal.any([signal]))
  for (const each of made) each.addEventListener('abort', () => undefined)
  expect(dependentSignals(signal)).toBe(made.length)
})
