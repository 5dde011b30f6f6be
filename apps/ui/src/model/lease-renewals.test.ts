import { expect, it } from 'vitest'
import { LeaseRenewals } from './lease-renewals.ts'

const lease = (renewTime: string, holderIdentity = 'op-1', leaseDurationSeconds = 15) => ({
  metadata: { namespace: 'ops', name: 'ack-secret-manager' },
  spec: { holderIdentity, renewTime, leaseDurationSeconds },
})
type Step = readonly [atMs: number, lease: ReturnType<typeof lease>]

it.each<[what: string, seen: readonly Step[], heardMs: number, isHeld: boolean | undefined]>([
  ['is not known of a Lease that was never seen', [], 0, undefined],
  ['is not known at first sight', [[0, lease('10:00')]], 20_000, undefined],
  ['is false when nothing was renewed in time after the first sight', [[0, lease('10:00')]], 26_000, false],
  [
    'is true after a renewal, whatever its time says',
    [
      [0, lease('10:00')],
      [3_000, lease('09:00')],
    ],
    20_000,
    true,
  ],
  [
    'is true after a change of the holder',
    [
      [0, lease('10:00')],
      [3_000, lease('10:00', 'op-2')],
    ],
    20_000,
    true,
  ],
  [
    'is false when a renewal is overdue',
    [
      [0, lease('10:00')],
      [3_000, lease('10:03')],
    ],
    29_000,
    false,
  ],
  [
    'is true while the API server is silent',
    [
      [0, lease('10:00')],
      [3_000, lease('10:03')],
    ],
    4_000,
    true,
  ],
  [
    'is not renewed by the same state again',
    [
      [0, lease('10:00')],
      [60_000, lease('10:00')],
    ],
    61_000,
    false,
  ],
  [
    'is false without a holder',
    [
      [0, lease('10:00')],
      [1, lease('10:01', '')],
    ],
    2,
    false,
  ],
  [
    'holds for an hour at most',
    [
      [0, lease('1', 'a', 9e9)],
      [1, lease('2', 'a', 9e9)],
    ],
    3_700_000,
    false,
  ],
])('%s', (_what, seen, heardMs, isHeld) => {
  const renewals = new LeaseRenewals()
  for (const [atMs, each] of seen) renewals.observe(each, atMs)
  expect(renewals.isHeld(seen.at(-1)?.[1] ?? lease('10:00'), heardMs)).toBe(isHeld)
})
