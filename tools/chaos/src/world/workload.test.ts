import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RESOURCES } from './resources.ts'
import { createWorkload, namingsFor } from './workload.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const DURATION_MS = 120_000

it('puts right every name that somebody has changed, before anybody else touches the resource', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const actions = createWorkload(seed, DURATION_MS)
      for (const [index, action] of actions.entries()) {
        if (action.kind !== 'rename') continue
        const later = actions.slice(index + 1)
        const next = later.find(
          (each) => 'resource' in each && each.kind !== 'refresh-now' && each.resource === action.resource,
        )
        expect(next).toMatchObject({ kind: 'restore-names' })
        expect(next?.atMs).toBeLessThan(DURATION_MS)
      }
    }),
    { numRuns: 50 },
  )
})

it('has names changed in every way within a few seeds, also without anything misspelt', () => {
  const renames = Array.from({ length: 20 }, (_, seed) => createWorkload(seed, 300_000))
    .flat()
    .filter(({ kind }) => kind === 'rename')
  const ways = renames.map((action) => ('keys' in action ? `${action.keys} ${action.misspelt}` : ''))
  expect([...new Set(ways)].toSorted()).toEqual(['new first', 'new none', 'new second', 'same first', 'same second'])
  const kinds = renames.map((action) => ('resource' in action ? RESOURCES[action.resource]?.kind : undefined))
  const meant = new Set(RESOURCES.map(({ kind }) => kind).filter((kind) => kind !== 'conflict' && kind !== 'cluster'))
  expect(new Set(kinds)).toEqual(meant)
})

it('misspells nothing where that would be no mistake', () => {
  expect(namingsFor('optional').map(({ misspelt }) => misspelt)).not.toContain('second')
  expect(namingsFor('template')).toEqual([{ keys: 'same', misspelt: 'first' }])
})
