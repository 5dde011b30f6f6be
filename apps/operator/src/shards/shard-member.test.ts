import { ManualClock } from '@ack-secret-manager/core/testing'
import { MAX_LEASE_DURATION_MS } from '@ack-secret-manager/k8s-client'
import { encodeMember, MEMBER_ANNOTATION, MEMBER_OF_LABEL } from '@ack-secret-manager/resources'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ShardMember } from './shard-member.ts'
import { generator } from './testing/generator.ts'
import { LeaseServer, type Network } from './testing/lease-server.ts'
import { SimulatedProcess } from './testing/simulated-process.ts'

const YEAR_S = 365 * 24 * 3_600
const UNDISTURBED: Network = {
  delayMs: () => 0,
  watchDelayMs: () => 0,
  isCut: false,
  resumed: () => Promise.resolve(),
}

describe('a member with the Lease of a holder that never renews', () => {
  let clock: ManualClock
  let server: LeaseServer

  beforeEach(() => {
    clock = new ManualClock()
    server = new LeaseServer(clock)
  })

  const start = (): SimulatedProcess =>
    new SimulatedProcess({ identity: 'me', server, clock, shards: 2, random: generator(1), skewMs: 0 })

  /** A Lease for a year with the label of members. @param isMember it also has the record of a member, which asks for domains */
  const forge = async (name: string, isMember: boolean, scope?: string): Promise<void> => {
    const holder = 'forged'
    const work = { resources: 0, domainCount: 0, domains: [] }
    const record = encodeMember({ holder, scope, ready: true, active: true, acknowledges: [], ...work })
    const metadata = {
      name,
      labels: { [MEMBER_OF_LABEL]: 'lease' },
      annotations: isMember ? { [MEMBER_ANNOTATION]: record } : {},
    }
    const spec = { holderIdentity: holder, leaseDurationSeconds: YEAR_S }
    const { signal } = new AbortController()
    const created = server.api(UNDISTURBED).create('/leases', { metadata, spec }, { signal, timeoutMs: 1_000 })
    await clock.advance(1)
    await created
  }

  /** Whole seconds by slot. */
  const waited = ({ waitingMs }: ShardMember) => [...waitingMs].map(([slot, ms]) => [slot, Math.ceil(ms / 1_000)])

  it.each([
    ['with the record of a member', true, 'forged (lease-1)'],
    ['without one', false, 'forged (lease-1), whose Lease has no record of a member, as in a version without shards'],
  ])('says how long it has waited for one %s, and works after an hour', async (_how, isMember, waitsFor) => {
    await forge('lease-1', isMember)
    const { member } = start()
    await clock.advance(60_000)
    expect(member.waitsFor).toBe(waitsFor)
    expect(waited(member)).toEqual([['lease-1', 60]])
    await clock.advance(MAX_LEASE_DURATION_MS - 70_000)
    expect(member.ownership.members).toBe(0)
    expect(waited(member)).toEqual([['lease-1', MAX_LEASE_DURATION_MS / 1_000 - 10]])
    await clock.advance(20_000)
    expect([member.waitsFor, [...member.waitingMs]]).toEqual([undefined, []])
    expect([member.ownership.members, member.ownership.owns('any')]).toEqual([1, true])
  })

  it('keeps its other domains, and says how long it has waited for those of one that asked for them', async () => {
    const { member, log } = start()
    await clock.advance(10_000)
    await forge('lease-1', true)
    await clock.advance(29_000)
    expect([member.ownership.members, member.waitsFor, waited(member)]).toEqual([2, undefined, []])
    await clock.advance(63_000)
    const waitsFor =
      'the domains of forged (lease-1), whose Lease is not renewed but names a longer duration than that of this replica'
    expect([member.waitsFor, log]).toEqual([waitsFor, [`Shard lease waits for ${waitsFor}`]])
    const [[slot, seconds] = []] = waited(member)
    expect([slot, Math.round(Number(seconds) / 10)]).toEqual(['lease-1', 6])
    await clock.advance(MAX_LEASE_DURATION_MS)
    expect([member.ownership.members, member.waitsFor, waited(member)]).toEqual([1, undefined, []])
  })

  it('names the scope of one that works in another scope', async () => {
    await forge('lease-1', true, '--region=cn-beijing --watch-namespaces=web')
    const { member } = start()
    await clock.advance(60_000)
    expect(member.waitsFor).toBe('forged (lease-1, with --region=cn-beijing --watch-namespaces=web)')
  })

  it('ignores a Lease whose name is not a slot', async () => {
    await forge('lease-elsewhere', true)
    const { member, log } = start()
    await clock.advance(10_000)
    expect([member.ownership.members, member.waitsFor, [...member.waitingMs], log]).toEqual([1, undefined, [], []])
  })

  it('waits for nothing after it has stopped', async () => {
    await forge('lease-1', true)
    const { member } = start()
    await clock.advance(10_000)
    member.close()
    expect([...member.waitingMs]).toEqual([])
  })
})
