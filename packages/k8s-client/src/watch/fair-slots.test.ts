import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FairSlots } from './fair-slots.ts'

function slots(limit: number) {
  const holding = new Set<string>()
  const moves: string[] = []
  const fair = new FairSlots({
    limit,
    onGain: (member) => {
      holding.add(member)
      moves.push(`+${member}`)
    },
    onLose: (member) => {
      holding.delete(member)
      moves.push(`-${member}`)
    },
  })
  const add = (member: string): void => fair.add(member.charAt(0), member)
  const remove = (member: string): void => {
    holding.delete(member)
    fair.remove(member.charAt(0), member)
  }
  return { holding, moves, add, remove }
}

describe('FairSlots', () => {
  it('gives one group all slots that no other group requests', () => {
    const { holding, add } = slots(3)
    for (const member of ['a1', 'a2', 'a3', 'a4']) add(member)
    expect([...holding]).toEqual(['a1', 'a2', 'a3'])
  })

  it('takes the latest slot of the largest group for a smaller one', () => {
    const { moves, add } = slots(3)
    for (const member of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) add(member)
    expect(moves).toEqual(['+a1', '+a2', '+a3', '-a3', '+b1', '-a2', '+c1'])
  })

  it('gives a free slot to the group with the fewest', () => {
    const { moves, add, remove } = slots(3)
    for (const member of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']) add(member)
    remove('b1')
    remove('a1')
    expect(moves.slice(-2)).toEqual(['+b2', '+a4'])
  })

  it('is fair, and full while a member waits, after any sequence', () => {
    const members = ['a', 'b', 'c'].flatMap((group) => [1, 2, 3, 4].map((n) => `${group}${n}`))
    fc.assert(
      fc.property(fc.nat({ max: 6 }), fc.array(fc.constantFrom(...members)), (limit, toggles) => {
        const { holding, add, remove } = slots(limit)
        const wanted = new Set<string>()
        const countIn = (set: Iterable<string>, group: string): number =>
          [...set].filter((member) => member.startsWith(group)).length
        for (const member of toggles) {
          if (wanted.delete(member)) remove(member)
          else {
            wanted.add(member)
            add(member)
          }
          expect(holding.size).toBe(Math.min(limit, wanted.size))
          expect([...holding].filter((one) => !wanted.has(one))).toEqual([])
          for (const group of ['a', 'b', 'c']) {
            if (countIn(holding, group) === countIn(wanted, group)) continue
            for (const other of ['a', 'b', 'c']) {
              expect(countIn(holding, other) - countIn(holding, group)).toBeLessThan(2)
            }
          }
        }
      }),
    )
  })
})
