import type { OperatorLease } from '@ack-secret-manager/resource-view'
import { expect, it } from 'vitest'
import { shardLines } from './shards-text.ts'

const lease = (name: string, domains: readonly string[], more: Partial<OperatorLease> & { active?: boolean } = {}) => {
  const { active = true, ...others } = more
  const holder = `pod-of-${name}`
  const work = { resources: 10 * domains.length, domainCount: domains.length, domains }
  const member = { holder, ready: true, active, acknowledges: [], ...work }
  return { namespace: 'ops', name, holder, renewTime: '', isHeld: true, member, ...others }
}
const domains = ['a', 'b', 'c', 'd', 'e', 'f'].map((account) => `kms/cn-hangzhou/${account}`)

it('says nothing about a single shard', () => {
  expect(shardLines([lease('lease', domains)], false)).toEqual([])
  expect(shardLines([lease('lease', domains), lease('lease-1', [], { isHeld: false })], false)).toEqual([])
})

it('says which shard works on what', () => {
  const leases = [
    lease('lease-1', domains.slice(0, 1)),
    lease('lease', domains),
    lease('lease-2', [], { active: false }),
  ]
  expect(shardLines(leases, false)).toEqual([
    '3 shards',
    '  lease · pod-of-lease · 60 ExternalSecrets in 6 domains (kms/cn-hangzhou/a, kms/cn-hangzhou/b, kms/cn-hangzhou/c, kms/cn-hangzhou/d and 2 more)',
    '  lease-1 · pod-of-lease-1 · 10 ExternalSecrets in 1 domain (kms/cn-hangzhou/a)',
    '  lease-2 · pod-of-lease-2 · joins',
  ])
  expect(shardLines(leases, true)[1]).toContain('kms/cn-hangzhou/f)')
})
