import { unknownAccount } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import type { OperatorParts } from '../operator-parts.ts'
import { createMetrics } from './metrics.ts'
import { lowestRates, updateGauges, updateShardWaiting } from './update-gauges.ts'

it('merges unidentified accounts of a region into one series with the lowest rate', () => {
  const rates = [
    { account: unknownAccount('one'), region: 'cn-hangzhou', perSecond: 400 },
    { account: '1234567890123456', region: 'cn-hangzhou', perSecond: 200 },
    { account: unknownAccount('two'), region: 'cn-hangzhou', perSecond: 50 },
    { account: unknownAccount('two'), region: 'cn-beijing', perSecond: 300 },
  ]
  expect([...lowestRates(rates)]).toEqual([
    [{ account: 'unknown', region: 'cn-hangzhou' }, 50],
    [{ account: '1234567890123456', region: 'cn-hangzhou' }, 200],
    [{ account: 'unknown', region: 'cn-beijing' }, 300],
  ])
})

it.each([
  ['a standby', { isActive: false, members: 1 }, 0, 0],
  ['the only leader', { isActive: true, members: 1 }, 1, 1],
  ['one of three members', { isActive: true, members: 3 }, 1, 3],
  ['a member that owns nothing, because another process works on everything', { isActive: true, members: 0 }, 0, 0],
] as const)('shows %s', async (_what, work, leader, members) => {
  const metrics = createMetrics('1.2.3')
  updateGauges(metrics, idleParts(work))
  const page = await metrics.registry.metrics()
  expect(page).toContain(`\nacksm_leader ${leader}\n`)
  expect(page).toContain(`\nacksm_members ${members}\n`)
  expect(page).toContain('\nacksm_restarts_waiting{reason="window"} 2\n')
  expect(page).toContain('\nacksm_tokens 7\n')
  expect(page).toContain('\nacksm_secrets_uncached 3\n')
})

it('shows the Leases that a shard waits for, and none once it works', async () => {
  const metrics = createMetrics('1.2.3')
  updateShardWaiting(metrics, new Map([['ack-secret-manager-1', 90_500]]))
  expect(await metrics.registry.metrics()).toContain(
    '\nacksm_shard_waiting_seconds{slot="ack-secret-manager-1"} 90.5\n',
  )
  updateShardWaiting(metrics, new Map())
  expect(await metrics.registry.metrics()).not.toContain('acksm_shard_waiting_seconds{')
})

/** Parts without resources. The cast leaves out everything that is no gauge. */
function idleParts(work: { readonly isActive: boolean; readonly members: number }): OperatorParts {
  const sources = {
    sources: 0,
    failing: 0,
    maxAgeMs: 0,
    maxOverdueMs: { platform: 0, tenant: 0 },
    waitingForStore: 0,
    circuits: [],
  }
  const restartsWaiting = { interval: 0, window: 2, rollout: 1 }
  const sweeps = { lists: 0, failing: 0, secrets: 0, bytes: 0, waiting: 0 }
  const idle = { ready: {}, maxUnwrittenMs: 0, failedCleanups: 0, restartsWaiting }
  const stats = { sources, sweeps, queue: { waiting: 0 }, ...idle }
  return {
    engine: { stats: () => stats },
    writer: { uncached: 3 },
    rateLimits: { rates: () => [] },
    registry: { tokens: { size: 7 } },
    work: { ...work, work: () => ({ resources: 0, domainCount: 0, domains: [] }) },
    stores: { stats: () => ({}) },
  } as unknown as OperatorParts
}
