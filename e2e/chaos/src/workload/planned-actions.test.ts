import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LATEST_WRITE_MS } from '../invariants/invariant-checker.ts'
import { RESOURCES } from './resources.ts'
import { createWorkload, LONG_TERMINATION_MS, namingsFor } from './planned-actions.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const DURATION_MS = 120_000

it('corrects every changed name before any other change of the resource', () => {
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

it('changes names in every way within a few seeds, also without misspelling', () => {
  const renames = Array.from({ length: 20 }, (_, seed) => createWorkload(seed, 300_000))
    .flat()
    .filter(({ kind }) => kind === 'rename')
  const ways = renames.map((action) => ('keys' in action ? `${action.keys} ${action.misspelt}` : ''))
  expect([...new Set(ways)].toSorted()).toEqual(['new first', 'new none', 'new second', 'same first', 'same second'])
  const kinds = renames.map((action) => ('resource' in action ? RESOURCES[action.resource]?.kind : undefined))
  const meant = new Set(RESOURCES.map(({ kind }) => kind).filter((kind) => kind !== 'conflict' && kind !== 'cluster'))
  expect(new Set(kinds)).toEqual(meant)
})

it('misspells no secret whose absence is legal', () => {
  expect(namingsFor('optional').map(({ misspelt }) => misspelt)).not.toContain('second')
  expect(namingsFor('template')).toEqual([{ keys: 'same', misspelt: 'first' }])
})

it('creates every deleted resource again, and changes only its Secret until then', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const actions = createWorkload(seed, DURATION_MS)
      for (const [index, action] of actions.entries()) {
        if (action.kind !== 'delete-resource') continue
        const later = actions
          .slice(index + 1)
          .filter((each) => 'resource' in each && each.kind !== 'refresh-now' && each.resource === action.resource)
        const next = later.find(({ kind }) => kind !== 'delete-secret')
        expect(next).toMatchObject({ kind: 'create-resource' })
        const terminatesMs = (next?.atMs ?? Infinity) - action.atMs
        expect(terminatesMs).toBeLessThanOrEqual(LONG_TERMINATION_MS)
        if (terminatesMs === LONG_TERMINATION_MS) expect(action.isHeld).toBe(true)
        const [first] = later
        if (first?.kind === 'delete-secret') expect(first.atMs - action.atMs).toBeGreaterThan(LATEST_WRITE_MS)
      }
    }),
    { numRuns: 50 },
  )
})

it('deletes with each cascade, with and without a foreign finalizer, and Secrets of terminating resources', () => {
  const plans = Array.from({ length: 20 }, (_, seed) => createWorkload(seed, 300_000))
  const deletions = plans.flat().flatMap((each) => (each.kind === 'delete-resource' ? [each] : []))
  const ways = new Set(deletions.map(({ cascade, isHeld }) => `${cascade} ${isHeld ? 'held' : 'free'}`))
  expect([...ways].toSorted()).toEqual(
    ['Background', 'Foreground', 'Orphan'].flatMap((cascade) => [`${cascade} free`, `${cascade} held`]),
  )
  const secretsOfTerminating = plans.flatMap((actions) => {
    const terminating = new Set<number>()
    return actions.filter((each) => {
      if (each.kind === 'delete-resource') terminating.add(each.resource)
      if (each.kind === 'create-resource') terminating.delete(each.resource)
      return each.kind === 'delete-secret' && terminating.has(each.resource)
    })
  })
  expect(secretsOfTerminating.length).toBeGreaterThan(0)
})

it('removes every kind of metadata, and no record of a Secret that the operator shares', () => {
  const removals = Array.from({ length: 20 }, (_, seed) => createWorkload(seed, 300_000))
    .flat()
    .flatMap((each) => (each.kind === 'remove-metadata' ? [each] : []))
  const of = (isMerged: boolean): string[] =>
    [
      ...new Set(
        removals.filter(({ resource }) => (RESOURCES[resource]?.kind === 'merge') === isMerged).map(({ what }) => what),
      ),
    ].toSorted()
  expect(of(false)).toEqual(['all', 'annotations', 'labels', 'one'])
  expect(of(true)).toEqual(['labels'])
})

it('deletes the ClusterExternalSecret with each cascade, and creates it again', () => {
  const plans = Array.from({ length: 20 }, (_, seed) => createWorkload(seed, 300_000))
  const deletions = plans.flat().flatMap((each) => (each.kind === 'delete-cluster' ? [each.cascade] : []))
  expect([...new Set(deletions)].toSorted()).toEqual(['Background', 'Foreground', 'Orphan'])
  for (const plan of plans) {
    const kinds = plan.map(({ kind }) => kind).filter((kind) => kind.endsWith('-cluster'))
    expect(kinds).toEqual(kinds.map((_, index) => (index % 2 === 0 ? 'delete-cluster' : 'create-cluster')))
  }
})
