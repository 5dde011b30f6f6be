import { expect, it } from 'vitest'
import { furtherSlots, isSlot, MAX_SHARDS, slotIndex } from './slot-lease.ts'

it('the index of a slot is its position; other Leases have none', () => {
  const slots = ['leader', ...furtherSlots('leader', MAX_SHARDS)]
  expect(slots.map((slot) => slotIndex(slot, 'leader'))).toEqual(slots.map((_slot, at) => at))
  for (const other of ['another', 'leader-', 'leader-0', `leader-${MAX_SHARDS}`, 'leader-1-1']) {
    expect([other, slotIndex(other, 'leader'), isSlot(other, 'leader')]).toEqual([other, undefined, false])
  }
})
