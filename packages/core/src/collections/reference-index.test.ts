import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ReferenceIndex } from './reference-index.ts'

it('reports the first reference to a key and the removal of the last', () => {
  const index = new ReferenceIndex()
  expect(index.set('a', ['x', 'y', 'x'])).toEqual({ added: ['x', 'y'], removed: [] })
  expect(index.set('b', ['y', 'z'])).toEqual({ added: ['z'], removed: [] })
  expect(index.ownersOf('y')).toEqual(['a', 'b'])
  expect(index.set('a', ['z'])).toEqual({ added: [], removed: ['x'] })
  expect(index.set('b', [])).toEqual({ added: [], removed: ['y'] })
  expect([...index.keys()]).toEqual(['z'])
  expect(index.ownersOf('y')).toEqual([])
})

it('equals a list of all references after any sequence', () => {
  const names = fc.constantFrom('a', 'b', 'c')
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.array(fc.constantFrom('x', 'y', 'z')))), (moves) => {
      const index = new ReferenceIndex()
      const model = new Map<string, readonly string[]>()
      const known = (): Set<string> => new Set([...model.values()].flat())
      for (const [owner, keys] of moves) {
        const before = known()
        model.set(owner, keys)
        const { added, removed } = index.set(owner, keys)
        const after = known()
        expect(added.toSorted()).toEqual([...after].filter((key) => !before.has(key)).toSorted())
        expect(removed.toSorted()).toEqual([...before].filter((key) => !after.has(key)).toSorted())
        expect(new Set(index.keys())).toEqual(after)
        for (const key of ['x', 'y', 'z']) {
          const owners = [...model].filter(([, of]) => of.includes(key)).map(([name]) => name)
          expect(index.ownersOf(key).toSorted()).toEqual(owners.toSorted())
        }
      }
    }),
  )
})
