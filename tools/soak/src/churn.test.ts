import { expect, it } from 'vitest'
import { createChurn, type Deed } from './churn.ts'

const options = { seed: 7, resources: 200, durationMs: 600_000, perSecond: 20 }

it('is the same for the same seed, and another one for another', () => {
  expect(createChurn(options)).toEqual(createChurn(options))
  expect(createChurn({ ...options, seed: 8 })).not.toEqual(createChurn(options))
})

it('does everything that it knows, in order', () => {
  const deeds = createChurn(options)
  expect(new Set(deeds.map(({ kind }) => kind)).size).toBe(14)
  expect(deeds).toEqual(deeds.toSorted((a, b) => a.atMs - b.atMs))
})

it('undoes what can be undone before its end, and leaves alone what is away', () => {
  const away = new Map<string, Deed>()
  const twoSteps = new Set(createChurn(options).flatMap(({ kind, phase }) => (phase === 'end' ? [kind] : [])))
  for (const deed of createChurn(options)) {
    expect(deed.atMs).toBeLessThanOrEqual(options.durationMs)
    const what = `${deed.kind} ${deed.index}`
    if (deed.phase === 'end') expect(away.delete(what)).toBe(true)
    else if (twoSteps.has(deed.kind)) {
      expect(away.has(what)).toBe(false)
      away.set(what, deed)
    }
  }
  expect(twoSteps.size).toBe(10)
  expect([...away.keys()]).toEqual([])
})
