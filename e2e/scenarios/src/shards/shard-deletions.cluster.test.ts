import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { DOMAINS, nameOf, seedOf, ShardFleet } from './shard-fleet.ts'

/** One for each domain and phase. */
const RESOURCES = 3 * DOMAINS
/** Survives a machine that pauses for some seconds: a leader gives up after two thirds of it. */
const LEASE_S = 12

describeCluster('three shards', { timeout: 900_000 }, () => {
  const cluster = useCluster()

  it('release the Secrets of deleted resources, also while another member takes over', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: () => seedOf(RESOURCES) })
    const fleet = new ShardFleet(env, RESOURCES)
    const names = Array.from({ length: RESOURCES }, (_, index) => nameOf(index))
    for (const name of names) await env.putSecret(name, { theirs: 'x' })
    // A merged Secret has no ownerReference, so only the operator removes its keys.
    await fleet.create({ creationPolicy: 'Merge' })
    const members = await Promise.all([1, 2, 3].map(() => fleet.member(3, LEASE_S)))
    await fleet.untilShared(members)
    await fleet.untilRevision(0)

    /** Deletes the next resource of each domain. */
    const deleteNext = async (): Promise<readonly string[]> => {
      const deleted = names.splice(0, DOMAINS)
      for (const name of deleted) await cluster.request('DELETE', env.resourcePath('externalsecrets', name))
      return deleted
    }
    const untilReleased = async (deleted: readonly string[], when: string): Promise<void> => {
      let left: readonly string[] = deleted
      await until(
        () => `the keys of deleted resources are removed ${when}; ${left.join(', ')} still have theirs`,
        async () => {
          const secrets = await fleet.secrets()
          left = deleted.filter((name) => secrets.get(name)?.data?.['value'] !== undefined)
          return left.length === 0
        },
        { deadlineMs: 240_000 },
      )
      const secrets = await fleet.secrets()
      for (const name of deleted) expect(secrets.get(name)?.data).toEqual({ theirs: btoa('x') })
      for (const name of names) expect(Object.keys(secrets.get(name)?.data ?? {})).toEqual(['theirs', 'value'])
    }

    await untilReleased(await deleteNext(), 'by steady members')
    const [killed, leaving] = members as [OperatorProcess, OperatorProcess, OperatorProcess]
    killed.program.kill('SIGKILL')
    await killed.program.exited
    await untilReleased(await deleteNext(), 'after a member was killed')
    expect(await leaving.stop()).toBe(0)
    await untilReleased(await deleteNext(), 'after a member has left')
  })

  it('adopt a retained Secret once its ExternalSecret of another member is deleted', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: () => seedOf(DOMAINS) })
    const fleet = new ShardFleet(env, 0)
    await fleet.create()
    const members = await Promise.all([1, 2].map(() => fleet.member(2, LEASE_S)))
    await Promise.all(members.map((member) => member.leading()))
    const domains = Array.from({ length: DOMAINS }, (_, domain) => domain)
    const apply = (name: string, domain: number, target: object): Promise<void> => {
      const secretStoreRef = { name: `store-${domain % DOMAINS}` }
      const data = [{ key: `many/${nameOf(domain % DOMAINS)}`, name: 'value', secretStoreRef }]
      return env.apply('ExternalSecret', name, { data, target: { deletionPolicy: 'Retain', ...target } })
    }
    for (const domain of domains) await apply(`old-${domain}`, domain, { name: `kept-${domain}` })
    for (const domain of domains) await env.untilReason('externalsecrets', `old-${domain}`, 'Synced')
    for (const domain of domains)
      await apply(`new-${domain}`, domain + 1, { name: `kept-${domain}`, creationPolicy: 'Adopt' })
    for (const domain of domains) await env.untilReason('externalsecrets', `new-${domain}`, 'TargetConflict')
    for (const domain of domains) await cluster.request('DELETE', env.resourcePath('externalsecrets', `old-${domain}`))
    for (const domain of domains) await env.untilReason('externalsecrets', `new-${domain}`, 'Synced')
  })
})
