import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { compareResourceVersions, type KubeObject } from '@ack-secret-manager/k8s-client'
import { decodeMember, MEMBER_ANNOTATION } from '@ack-secret-manager/resources'
import {
  type KubeSecret,
  metricValue,
  ObjectHistory,
  type OperatorProcess,
  TestEnvironment,
} from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { DOMAINS, nameOf, seedOf, ShardFleet } from './shard-fleet.ts'

const RESOURCES = 96
/** Survives a machine that pauses for some seconds: a leader gives up after two thirds of it. */
const LEASE_S = 12
const SLOTS = ['ack-secret-manager', 'ack-secret-manager-1', 'ack-secret-manager-2']

interface Lease extends KubeObject {
  readonly spec: { readonly holderIdentity?: string }
}

describeCluster('a rolling update', { timeout: 300_000 }, () => {
  const cluster = useCluster()

  it('from one shard to three and back keeps one owner for each domain, and writes each value once', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: () => seedOf(RESOURCES) })
    const fleet = new ShardFleet(env, RESOURCES)
    await fleet.create()
    await using secrets = await ObjectHistory.start<KubeObject & KubeSecret>(cluster, '/api/v1', 'secrets')
    await using leases = await ObjectHistory.start<Lease>(cluster, '/apis/coordination.k8s.io/v1', 'leases')
    const member = (shards: number) => fleet.member(shards, LEASE_S, '--polling-interval=2s')
    let revision = 0
    /** Rotates every secret while processes come or go, and waits until every Secret is right. */
    const rotateDuring = async (change: Promise<unknown>): Promise<void> => {
      revision += 1
      await Promise.all([change, fleet.rotate(revision)])
      await fleet.untilRevision(revision)
    }

    const old = await Promise.all([member(1), member(1)])
    await old[0]?.standingBy()
    await fleet.untilRevision(0)
    const oldLeader = await leaderOf(old)

    const sharded = await Promise.all([member(3), member(3), member(3)])
    await rotateDuring(Promise.resolve())
    // A Deployment ends a replica when a new one is ready.
    await rotateDuring(Promise.all(old.filter((each) => each !== oldLeader).map((standby) => standby.stop())))
    await rotateDuring(oldLeader.stop())
    await fleet.untilShared(sharded)

    const single = await Promise.all([member(1), member(1)])
    for (const each of sharded) await rotateDuring(each.stop())
    await fleet.untilShared([await leaderOf(single)])

    const names = Array.from({ length: RESOURCES }, (_, index) => nameOf(index))
    const histories = await Promise.all(names.map((name) => secrets.of(name)))
    expect(histories.filter((states) => states.length !== revision + 1)).toEqual([])
    const states = (await Promise.all(SLOTS.map((slot) => leases.of(slot)))).flat()
    const owners = new Map<string, readonly string[]>()
    const shared: string[] = []
    let most = 0
    for (const lease of inOrder(states)) {
      owners.set(lease.metadata.name ?? '', domainsOf(lease))
      const owned = [...owners.values()].flat()
      most = Math.max(most, owned.length)
      if (new Set(owned).size < owned.length) shared.push(`${lease.metadata.resourceVersion}: ${owned.join(', ')}`)
    }
    expect([shared, most]).toEqual([[], DOMAINS])
  })
})

/** The member that works. */
async function leaderOf(members: readonly OperatorProcess[]): Promise<OperatorProcess> {
  return Promise.any(
    members.map(async (member) => {
      await member.leading()
      expect(metricValue(await member.metrics(), 'acksm_leader')).toBe(1)
      return member
    }),
  )
}

/** The order in which the API server accepted them. */
function inOrder(leases: ReadonlyArray<Lease | undefined>): readonly Lease[] {
  return leases
    .filter((lease) => lease !== undefined)
    .toSorted((a, b) => compareResourceVersions(a.metadata.resourceVersion ?? '', b.metadata.resourceVersion ?? ''))
}

/** The domains that the holder says it owns. A member publishes that it has lost some before the next one may work on them. */
function domainsOf({ metadata: { annotations = {} }, spec }: Lease): readonly string[] {
  const member = decodeMember(annotations[MEMBER_ANNOTATION])
  return member !== undefined && member.holder === spec.holderIdentity ? member.domains : []
}
