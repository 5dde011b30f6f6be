import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { encodeMember, MEMBER_ANNOTATION, MEMBER_OF_LABEL } from '@ack-secret-manager/resources'
import { metricValue, type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it, vi } from 'vitest'
import { DOMAINS, seedOf, ShardFleet } from './shard-fleet.ts'

/** Survives a machine that pauses for some seconds: a leader gives up after two thirds of it. */
const LEASE_S = 12
const POLLING = '--polling-interval=2s'
const YEAR_S = 365 * 24 * 3_600
const HOLDER = 'mallory'
/** Below the limit of shards, above the number of members. */
const SLOT = 'ack-secret-manager-5'

/** A part of a forged Lease: the label by which members find Leases, and the record of a member that asks for domains. */
const LABEL = { labels: { [MEMBER_OF_LABEL]: 'ack-secret-manager' } }
const RECORD = {
  annotations: {
    [MEMBER_ANNOTATION]: encodeMember({
      holder: HOLDER,
      ready: true,
      active: true,
      acknowledges: [],
      resources: 0,
      domainCount: 0,
      domains: [],
    }),
  },
}

describeCluster('two shards, and a tenant who may write Leases', { timeout: 300_000 }, () => {
  const cluster = useCluster()
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases`

  /** Creates a Lease for a year, which is never renewed. */
  const forge = async (name: string, metadata: object): Promise<void> => {
    const spec = { holderIdentity: HOLDER, leaseDurationSeconds: YEAR_S, renewTime: '2026-01-01T00:00:00.000000Z' }
    const lease = { metadata: { name, ...metadata }, spec }
    expect((await cluster.request('POST', leases, lease)).status).toBe(201)
  }
  /** As the runbook says. */
  const release = async (name: string): Promise<void> => {
    const patch = { spec: { holderIdentity: '' } }
    expect((await cluster.request('PATCH', `${leases}/${name}`, patch)).status).toBe(200)
    expect((await cluster.request('DELETE', `${leases}/${name}`)).status).toBe(200)
  }

  it('ignore Leases of other names, and say for which holder they wait', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: () => seedOf(DOMAINS) })
    const fleet = new ShardFleet(env, DOMAINS)
    await fleet.create()
    const members = await Promise.all([1, 2].map(() => fleet.member(2, LEASE_S, POLLING)))
    await fleet.untilShared(members)
    await fleet.untilRevision(0)

    await forge('mallory', {})
    await forge('mallory-with-label', LABEL)
    await forge('ack-secret-manager-16', { ...LABEL, ...RECORD })
    await fleet.rotate(1)
    await fleet.untilRevision(1)
    await untilEach(members, { leader: 1, members: 2, waits: false, ready: 'ok' })

    // The slot takes domains, so its holder gets them, and no member can know that it does not exist.
    await forge(SLOT, { ...LABEL, ...RECORD })
    const silent = `the domains of ${HOLDER} (${SLOT}), whose Lease is not renewed but names a longer duration than that of this replica`
    await untilEach(members, { leader: 1, members: 3, waits: true, ready: `ok: shard waits for ${silent}` })
    await untilLogged(members, silent)
    await release(SLOT)
    await untilWorking(members)
    await fleet.rotate(2)
    const before = await fleet.untilRevision(2)

    // Without a record it may be a version without shards, which works on everything.
    await forge(SLOT, LABEL)
    const plain = `${HOLDER} (${SLOT}), whose Lease has no record of a member, as in a version without shards`
    await untilEach(members, { leader: 0, members: 0, waits: true, ready: `ok: shard waits for ${plain}` })
    await untilLogged(members, plain)
    // A replica that starts waits as well, and nothing is lost.
    const joining = await fleet.member(3, LEASE_S, POLLING)
    await untilWaiting([joining])
    expect(await fleet.secrets()).toEqual(before)
    await release(SLOT)
    await untilWorking([...members, joining])
    await fleet.rotate(3)
    await fleet.untilRevision(3)
  })
})

async function stateOf(members: readonly OperatorProcess[]): Promise<readonly object[]> {
  return Promise.all(
    members.map(async (member) => {
      const [page, readyz] = await Promise.all([
        member.metrics(),
        fetch(`http://127.0.0.1:${member.healthPort}/readyz`),
      ])
      return {
        leader: metricValue(page, 'acksm_leader'),
        members: metricValue(page, 'acksm_members'),
        waits: metricValue(page, `acksm_shard_waiting_seconds{slot="${SLOT}"}`) > 0,
        ready: (await readyz.text()).trim(),
      }
    }),
  )
}

/** Gauges follow the Leases one after the other. */
async function untilEach(members: readonly OperatorProcess[], state: object): Promise<void> {
  const expected = members.map(() => state)
  await vi.waitFor(async () => expect(await stateOf(members)).toEqual(expected), { timeout: 120_000, interval: 100 })
}

async function untilWaiting(members: readonly OperatorProcess[]): Promise<void> {
  await until(`every member waits for ${SLOT}`, async () =>
    (await stateOf(members)).every((state) => 'waits' in state && state.waits === true),
  )
}

async function untilWorking(members: readonly OperatorProcess[]): Promise<void> {
  await untilEach(members, { leader: 1, members: members.length, waits: false, ready: 'ok' })
}

async function untilLogged(members: readonly OperatorProcess[], waitsFor: string): Promise<void> {
  await Promise.all(members.map(({ program }) => program.line((line) => line.includes(waitsFor) || undefined)))
}
