import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CompactMap } from './compact-map.ts'

it('behaves like a Map', () => {
  const anyStep = fc.record({
    do: fc.constantFrom('set' as const, 'delete' as const),
    key: fc.constantFrom('a', 'b', 'c', undefined),
    value: fc.option(fc.nat(9), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
      const [map, compact] = [new Map<unknown, unknown>(), new CompactMap<unknown, unknown>()]
      for (const { do: action, key, value } of steps) {
        if (action === 'delete') expect(compact.delete(key)).toBe(map.delete(key))
        else expect(compact.set(key, value)).toBe(compact)
        if (action === 'set') map.set(key, value)
        expect([...compact]).toEqual([...map])
        expect([[...compact.keys()], [...compact.values()]]).toEqual([[...map.keys()], [...map.values()]])
        const visited: unknown[] = []
        compact.forEach((one, of) => visited.push([of, one]))
        expect(visited).toEqual([...map])
        expect(compact.size).toBe(map.size)
        for (const each of ['a', 'b', 'c', undefined, 'd']) {
          expect([compact.has(each), compact.get(each)]).toEqual([map.has(each), map.get(each)])
        }
      }
    }),
  )
})
