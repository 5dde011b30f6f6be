import { expect, it } from 'vitest'
import { FLAGS } from '../config/flags.ts'
import { furtherSlots, isSlot, MAX_SHARDS, slotIndex } from './slot-lease.ts'

it('the index of a slot is its position; other Leases have none', () => {
  const slots = ['leader', ...furtherSlots('leader', MAX_SHARDS)]
  expect(slots.map((slot) => slotIndex(slot, 'leader'))).toEqual(slots.map((_slot, at) => at))
  for (const other of ['another', 'leader-', 'leader-0', `leader-${MAX_SHARDS}`, 'leader-1-1']) {
    expect([other, slotIndex(other, 'leader'), isSlot(other, 'leader')]).toEqual([other, undefined, false])
  }
})

it('has a slot for each shard that the flag allows', () => {
  expect(FLAGS.shards.max).toBe(String(MAX_SHARDS))
})
