import { ManualClock } from '@ack-secret-manager/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { generator } from './testing/generator.ts'
import { failure, LeaseServer } from './testing/lease-server.ts'
import { SimulatedProcess } from './testing/simulated-process.ts'

const LEASE_MS = 15_000

describe('the Lease of a killed member', () => {
  let clock: ManualClock
  let server: LeaseServer
  let count: number

  beforeEach(() => {
    clock = new ManualClock()
    server = new LeaseServer(clock)
    count = 0
  })

  const start = (shards: number): SimulatedProcess => {
    count += 1
    return new SimulatedProcess({ identity: `p${count}`, server, clock, shards, random: generator(count), skewMs: 0 })
  }
  /** Time until a process works, in steps of half a second. */
  const startMs = async (process: SimulatedProcess): Promise<number> => {
    const sinceMs = clock.monotonic()
    while (!process.isActive && clock.monotonic() - sinceMs < 10 * LEASE_MS) await clock.advance(500)
    return clock.monotonic() - sinceMs
  }
  const end = async (process: SimulatedProcess): Promise<void> => {
    process.terminate()
    await clock.advance(5_000)
  }
  const holders = (): readonly string[] => server.leases().map(({ record }) => record.holder)
  /** Three members, all killed: their Leases name holders that do not exist. */
  const killAll = async (): Promise<void> => {
    const members = [start(3), start(3), start(3)]
    await clock.advance(30_000)
    expect(members.every(({ isActive }) => isActive)).toBe(true)
    for (const member of members) member.kill()
  }

  it.each([
    ['the others', false],
    ['one of the others, while the second cannot reach the API server', true],
  ])('is cleared by %s, so that a later start does not wait for it', async (_how, isCut) => {
    const members = [start(3), start(3), start(3)]
    await clock.advance(30_000)
    const [killed, ...others] = members
    killed?.kill()
    await clock.advance(LEASE_MS - 3_000)
    for (const { network } of others.slice(1)) network.isCut = isCut
    await clock.advance(5_000)
    for (const { network } of others) network.isCut = false
    await clock.advance(3_000)
    expect(holders().toSorted()).toEqual(['', ...others.map(({ identity }) => identity)])
    for (const { log, ownership } of others) {
      expect(log.filter((line) => line.startsWith('Taking over from p1'))).toHaveLength(1)
      expect(ownership.members).toBe(2)
    }
    expect(others.flatMap(({ errors }) => errors).length > 0).toBe(isCut)
    for (const other of others) await end(other)
    expect(await startMs(start(1))).toBeLessThan(2_000)
  })

  it('is acquired by a standby as soon as it is cleared, which takes nothing over', async () => {
    const members = [start(2), start(2)]
    await clock.advance(30_000)
    const standby = start(2)
    await clock.advance(5_000)
    members[0]?.kill()
    await clock.advance(LEASE_MS + 5_000)
    expect(standby.isActive).toBe(true)
    expect(standby.log.filter((line) => line.startsWith('Taking over'))).toEqual([])
  })

  it('delays one start of a single replica, and no later one', async () => {
    await killAll()
    const first = start(1)
    expect(await startMs(first)).toBeGreaterThan(LEASE_MS - 1_000)
    await clock.advance(1_000)
    expect(holders()).toEqual([first.identity, '', ''])
    await end(first)
    expect(await startMs(start(1))).toBeLessThan(2_000)
  })

  it('delays each start without the permission to update it, without an error', async () => {
    let attempts = 0
    server.beforeClear = () => {
      attempts += 1
      throw failure(403)
    }
    await killAll()
    for (const replica of [1, 2]) {
      const process = start(1)
      const waitedMs = await startMs(process)
      expect([replica, waitedMs > LEASE_MS - 1_000, waitedMs < 2 * LEASE_MS + 5_000]).toEqual([replica, true, true])
      await clock.advance(4 * LEASE_MS)
      expect(process.errors).toEqual([])
      await end(process)
    }
    // Once for each Lease that it found at the same time.
    expect(attempts).toBeLessThanOrEqual(4)
  })

  it.each([
    ['a change of another field', 0],
    ['a failed request', 503],
  ])('is cleared one lease duration later after %s', async (_what, status) => {
    const [member, killed] = [start(2), start(2)]
    await clock.advance(30_000)
    killed.kill()
    let attempts = 0
    server.beforeClear = ({ slot }) => {
      attempts += 1
      if (attempts > 1) return
      if (status > 0) throw failure(status)
      server.edit(slot, { strategy: 'OldestEmulationVersion' })
    }
    await clock.advance(LEASE_MS + 2_000)
    expect([attempts, holders().includes(killed.identity), member.ownership.members]).toEqual([1, true, 1])
    await clock.advance(LEASE_MS + 2_000)
    expect([attempts, holders().includes(killed.identity), member.ownership.members]).toEqual([2, false, 1])
    expect(member.log.filter((line) => line.startsWith('Taking over'))).toHaveLength(1)
    await clock.advance(10 * LEASE_MS)
    expect(attempts).toBe(2)
  })

  it('is not cleared if it is renewed at the last moment; its holder then counts again', async () => {
    const [member, silent] = [start(2), start(2)]
    await clock.advance(30_000)
    silent.kill()
    const [slot] = server.leases().flatMap((lease) => (lease.record.holder === silent.identity ? [lease.slot] : []))
    let attempts = 0
    server.beforeClear = () => {
      attempts += 1
      if (attempts > 1) return
      // The watch is late, so only a read shows it.
      member.stallWatch(10 * LEASE_MS)
      server.edit(slot ?? '', { renewTime: 'later' })
    }
    await clock.advance(LEASE_MS + 2_000)
    expect([attempts, holders().includes(silent.identity), member.ownership.members]).toEqual([1, true, 2])
    await clock.advance(LEASE_MS + 2_000)
    expect([attempts, holders().includes(silent.identity), member.ownership.members]).toEqual([2, false, 1])
  })
})
