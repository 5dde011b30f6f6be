import { expect, it } from 'vitest'
import { createChurn, type Operation } from './churn.ts'

const options = { seed: 7, resources: 200, durationMs: 600_000, perSecond: 20 }

it('depends on the seed only', () => {
  expect(createChurn(options)).toEqual(createChurn(options))
  expect(createChurn({ ...options, seed: 8 })).not.toEqual(createChurn(options))
})

it('contains every kind of operation, in order', () => {
  const operations = createChurn(options)
  expect(new Set(operations.map(({ kind }) => kind)).size).toBe(14)
  expect(operations).toEqual(operations.toSorted((a, b) => a.atMs - b.atMs))
})

it('undoes every reversible operation before its end, and does not touch deleted objects', () => {
  const away = new Map<string, Operation>()
  const twoSteps = new Set(createChurn(options).flatMap(({ kind, phase }) => (phase === 'end' ? [kind] : [])))
  for (const operation of createChurn(options)) {
    expect(operation.atMs).toBeLessThanOrEqual(options.durationMs)
    const what = `${operation.kind} ${operation.index}`
    if (operation.phase === 'end') expect(away.delete(what)).toBe(true)
    else if (twoSteps.has(operation.kind)) {
      expect(away.has(what)).toBe(false)
      away.set(what, operation)
    }
  }
  expect(twoSteps.size).toBe(10)
  expect([...away.keys()]).toEqual([])
})
