import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OWNS_NOTHING, ownershipMessage, ownershipOf, slotOf } from './ownership.ts'

const slots = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 })
const domain = fc.string()

it('assigns each domain to exactly one slot, in any order of the slots', () => {
  fc.assert(
    fc.property(slots, domain, fc.nat(), (names, of, by) => {
      const owners = names.filter((slot) => ownershipOf(slot, names).owns(of))
      expect(owners).toEqual([slotOf(of, names)])
      const at = by % names.length
      expect(slotOf(of, [...names.slice(at), ...names.slice(0, at)])).toBe(owners[0])
    }),
  )
})

it('moves no domain between two slots that stay', () => {
  fc.assert(
    fc.property(slots, fc.string({ minLength: 1 }), domain, (names, newcomer, of) => {
      fc.pre(!names.includes(newcomer))
      const [before, after] = [slotOf(of, names), slotOf(of, [...names, newcomer])]
      expect([before, newcomer]).toContain(after)
    }),
  )
})

it('spreads many domains over the slots', () => {
  const three = ['lease', 'lease-1', 'lease-2']
  const counts = three.map(
    (slot) =>
      Array.from({ length: 300 }, (_, index) => `kms/cn-hangzhou/${index}`).filter((of) => slotOf(of, three) === slot)
        .length,
  )
  for (const count of counts) expect(count).toBeGreaterThan(70)
})

it.each([
  [OWNS_NOTHING, 'this replica owns nothing'],
  [ownershipOf('a', ['a']), 'shared by 1 member'],
  [ownershipOf('a', ['a', 'b', 'c']), 'shared by 3 members'],
])('describes a changed ownership: %#', (ownership, text) => {
  expect(ownershipMessage(ownership)).toBe(`Shard ownership changed: ${text}`)
})
