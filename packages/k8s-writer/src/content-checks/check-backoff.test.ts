import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { CheckBackoff } from './check-backoff.ts'

it('evicts the least recently checked target, so that its memory is bounded', () => {
  const backoff = new CheckBackoff(new ManualClock())
  for (let index = 0; index < 16_384; index += 1) backoff.begin(`s${index}`)
  // Checked again: it is the most recent one.
  backoff.begin('s0')
  expect([backoff.pauseMs('s0'), backoff.pauseMs('s1')]).toEqual([2_000, 1_000])
  backoff.begin('new')
  expect([backoff.pauseMs('s0'), backoff.pauseMs('s1'), backoff.pauseMs('s2')]).toEqual([2_000, 0, 1_000])
})
