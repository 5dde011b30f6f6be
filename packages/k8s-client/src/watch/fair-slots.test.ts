import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FairSlots } from './fair-slots.ts'

function places(limit: number) {
  const held = new Set<string>()
  const moves: string[] = []
  const fair = new FairSlots({
    limit,
    onGain: (member) => {
      held.add(member)
      moves.push(`+${member}`)
    },
    onLose: (member) => {
      held.delete(member)
      moves.push(`-${member}`)
    },
  })
  const add = (member: string): void => fair.add(member.charAt(0), member)
  const remove = (member: string): void => {
    held.delete(member)
    fair.remove(member.charAt(0), member)
  }
  return { held, moves, add, remove }
}

describe('FairSlots', () => {
  it('gives one group all slots that no other group requests', () => {
    const { held, add } = places(3)
    for (const member of ['a1', 'a2', 'a3', 'a4']) add(member)
    expect([...held]).toEqual(['a1', 'a2', 'a3'])
  })

  it('takes the latest slot of the largest group for a smaller one', () => {
    const { moves, add } = places(3)
    for (const member of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) add(member)
    expect(moves).toEqual(['+a1', '+a2', '+a3', '-a3', '+b1', '-a2', '+c1'])
  })

  it('gives a free slot to the group with the fewest', () => {
    const { moves, add, remove } = places(3)
    for (const member of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']) add(member)
    remove('b1')
    remove('a1')
    expect(moves.slice(-2)).toEqual(['+b2', '+a4'])
  })

  it('is fair, and full while a member waits, after any sequence', () => {
    const members = ['a', 'b', 'c'].flatMap((group) => [1, 2, 3, 4].map((n) => `${group}${n}`))
    fc.assert(
      fc.property(fc.nat({ max: 6 }), fc.array(fc.constantFrom(...members)), (limit, toggles) => {
        const { held, add, remove } = places(limit)
        const wanted = new Set<string>()
        const countIn = (set: Iterable<string>, group: string): number =>
          [...set].filter((member) => member.startsWith(group)).length
        for (const member of toggles) {
          if (wanted.delete(member)) remove(member)
          else {
            wanted.add(member)
            add(member)
          }
          expect(held.size).toBe(Math.min(limit, wanted.size))
          expect([...held].filter((one) => !wanted.has(one))).toEqual([])
          for (const group of ['a', 'b', 'c']) {
            if (countIn(held, group) === countIn(wanted, group)) continue
            for (const other of ['a', 'b', 'c']) {
              expect(countIn(held, other) - countIn(held, group)).toBeLessThan(2)
            }
          }
        }
      }),
    )
  })
})
