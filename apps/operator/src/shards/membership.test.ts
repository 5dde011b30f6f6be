import { MAX_LEASE_DURATION_MS } from '@ack-secret-manager/k8s-client'
import { beforeEach, describe, expect, it } from 'vitest'
import { Membership, RELEASE_GRACE_MS, UNWATCHED_POLL_MS } from './membership.ts'
import { slotOf } from './ownership.ts'
import type { SlotLease } from './slot-lease.ts'

const DURATION_MS = 15_000
const DOMAINS = Array.from({ length: 20 }, (_, index) => `domain-${index}`)

describe('Membership', () => {
  let membership: Membership
  let version: number

  beforeEach(() => {
    membership = new Membership({ identity: 'me', leaseName: 'lease', scope: 'here', leaseDurationMs: DURATION_MS })
    version = 0
  })

  interface Said {
    readonly slot?: string
    readonly scope?: string
    readonly ready?: boolean
    readonly active?: boolean
    readonly acknowledges?: readonly string[]
    /** Process without shards. */
    readonly isPlain?: boolean
    readonly durationMs?: number
  }

  /** A new state of a Lease. */
  const leaseOf = (holder: string, options: Said = {}): SlotLease => {
    const { slot = 'lease-1', isPlain = false, durationMs = DURATION_MS, ...said } = options
    version += 1
    const record = { holder, durationMs, acquireTime: '', renewTime: `${version}`, transitions: 0 }
    const work = { resources: 0, domainCount: 0, domains: [] }
    const member = { holder, ready: false, active: false, acknowledges: [], ...said, ...work }
    const isShard = holder !== '' && !isPlain
    return { slot, resourceVersion: `${version}`, record, member: isShard ? member : undefined, isWatched: !isPlain }
  }
  const join = (...leases: readonly SlotLease[]): void => {
    membership.hold('lease')
    for (const lease of leases) membership.observe(lease, 0)
    membership.complete()
  }
  const owned = (): readonly string[] => DOMAINS.filter((domain) => membership.ownership().owns(domain))
  const mine = (...others: readonly string[]): readonly string[] =>
    DOMAINS.filter((domain) => slotOf(domain, ['lease', ...others]) === 'lease')
  /** Active together with an active holder of `lease-1`. */
  const pair = (): void => {
    join(leaseOf('peer'))
    membership.observe(leaseOf('peer', { active: true, acknowledges: ['me'] }), 1)
    membership.acknowledge(membership.advance(1))
    expect(owned()).toEqual(mine('lease-1'))
  }

  it('owns everything if nothing else holds a slot', () => {
    join()
    expect(owned()).toEqual([])
    expect(membership.advance(0)).toEqual([])
    expect(owned()).toEqual(DOMAINS)
  })

  it('does nothing before it has read all Leases', () => {
    expect(membership.blocking).toEqual([])
    membership.hold('lease')
    membership.advance(0)
    expect(membership.blocking).toEqual([{ slot: 'lease', identity: 'me' }])
    expect(owned()).toEqual([])
    expect(membership.isReady(0)).toBe(false)
  })

  it('asks for acknowledgement only when it has seen every other holder renew', () => {
    join(leaseOf('peer', { active: true }))
    expect(membership.isReady(1)).toBe(false)
    membership.observe(leaseOf('peer', { active: true }), 2)
    expect(membership.isReady(3)).toBe(true)
    expect(membership.isReady(DURATION_MS)).toBe(false)
  })

  it('works once every other holder has acknowledged it', () => {
    join(leaseOf('peer', { active: true }), leaseOf('third', { slot: 'lease-2', active: true }))
    membership.observe(leaseOf('peer', { active: true, acknowledges: ['me'] }), 1)
    membership.observe(leaseOf('third', { slot: 'lease-2', active: true }), 1)
    membership.advance(1)
    expect(membership.isActive).toBe(false)
    expect(membership.blocking).toEqual([{ slot: 'lease-2', identity: 'third' }])
    membership.observe(leaseOf('third', { slot: 'lease-2', active: true, acknowledges: ['me'] }), 2)
    membership.advance(2)
    expect(owned()).toEqual(mine('lease-1', 'lease-2'))
  })

  describe('with a member of another scope', () => {
    const ELSEWHERE = { scope: 'elsewhere' }

    it('keeps all domains, and acknowledges no newcomer', () => {
      join()
      membership.advance(0)
      membership.observe(leaseOf('new', { ...ELSEWHERE, ready: true }), 1)
      expect(membership.advance(1)).toEqual([])
      expect(owned()).toEqual(DOMAINS)
    })

    it('keeps the domains of a slot that a newcomer acquires', () => {
      pair()
      membership.observe(leaseOf('new', ELSEWHERE), 2)
      membership.advance(2)
      expect(owned()).toEqual(DOMAINS)
    })

    it('waits for one that works', () => {
      join(leaseOf('old', ELSEWHERE))
      membership.observe(leaseOf('old', { ...ELSEWHERE, active: true, acknowledges: ['me'] }), 1)
      membership.advance(1)
      expect([membership.isReady(1), membership.isActive]).toEqual([false, false])
      expect(membership.blocking).toEqual([{ slot: 'lease-1', identity: 'old', ...ELSEWHERE }])
      membership.observe(leaseOf(''), 2)
      membership.advance(3 + RELEASE_GRACE_MS)
      expect(owned()).toEqual(DOMAINS)
    })

    it('does not wait for one that acquired its slot later, and therefore waits for this process', () => {
      join(leaseOf('peer'))
      membership.observe(leaseOf('new', { ...ELSEWHERE, slot: 'lease-2' }), 1)
      membership.observe(leaseOf('peer', { active: true, acknowledges: ['me'] }), 1)
      membership.advance(1)
      expect(owned()).toEqual(mine('lease-1'))
    })

    it('gives way to the earlier slot if both acquired theirs at the same time', () => {
      membership.hold('lease-1')
      membership.observe(leaseOf('first', { ...ELSEWHERE, slot: 'lease' }), 0)
      membership.complete()
      const claims = membership.advance(1)
      expect(claims).toMatchObject([{ identity: 'first' }])
      membership.acknowledge(claims)
      expect([membership.acknowledged, membership.isReady(1), owned()]).toEqual([['first'], false, []])
    })

    it('works once the later slot has given way, and not while its holder works', () => {
      join(leaseOf('second', ELSEWHERE))
      membership.observe(leaseOf('second', { ...ELSEWHERE, active: true, acknowledges: ['me'] }), 1)
      membership.advance(1)
      expect(membership.isActive).toBe(false)
      membership.observe(leaseOf('second', { ...ELSEWHERE, acknowledges: ['me'] }), 2)
      membership.advance(2)
      expect(owned()).toEqual(DOMAINS)
    })

    it('keeps the domains of a slot whose new holder has to wait for that member', () => {
      pair()
      membership.observe(leaseOf('new', { ...ELSEWHERE, slot: 'lease-2' }), 2)
      membership.observe(leaseOf('next'), 3)
      membership.advance(3)
      expect(owned()).toEqual(DOMAINS)
    })
  })

  it('gives domains to a newcomer when it asks, and acknowledges it only after its writes have ended', () => {
    join()
    membership.advance(0)
    membership.observe(leaseOf('new'), 1)
    expect(membership.advance(1)).toEqual([])
    expect(owned()).toEqual(DOMAINS)
    membership.observe(leaseOf('new', { ready: true }), 2)
    const claims = membership.advance(2)
    expect(claims).toMatchObject([{ identity: 'new' }])
    expect(owned()).toEqual(mine('lease-1'))
    expect(membership.acknowledged).toEqual([])
    membership.acknowledge(claims)
    expect(membership.acknowledged).toEqual(['new'])
    expect(membership.advance(3)).toEqual([])
  })

  it('takes the domains of a silent holder only after a read that was sent a whole lease duration after its last change', () => {
    pair()
    const last = leaseOf('peer', { active: true, acknowledges: ['me'] })
    membership.observe(last, 1_000)
    expect(membership.nextRead()).toEqual({ slot: 'lease-1', dueMs: 1_000 + DURATION_MS })
    membership.advance(1_000_000)
    expect(owned()).toEqual(mine('lease-1'))
    membership.confirm('lease-1', last, 999 + DURATION_MS, 2_000 + DURATION_MS)
    expect(owned()).toEqual(mine('lease-1'))
    membership.confirm('lease-1', last, 1_000 + DURATION_MS, 2_000 + DURATION_MS)
    expect(owned()).toEqual(DOMAINS)
    expect(membership.acknowledged).toEqual([])
  })

  it('counts the holder of a Lease without a duration for its own lease duration', () => {
    pair()
    const last = leaseOf('peer', { active: true, acknowledges: ['me'], durationMs: 0 })
    membership.observe(last, 1_000)
    expect(membership.nextRead()).toEqual({ slot: 'lease-1', dueMs: 1_000 + DURATION_MS })
    membership.confirm('lease-1', last, 999 + DURATION_MS, 2_000 + DURATION_MS)
    expect(owned()).toEqual(mine('lease-1'))
    membership.confirm('lease-1', last, 1_000 + DURATION_MS, 2_000 + DURATION_MS)
    expect(owned()).toEqual(DOMAINS)
  })

  it('keeps a holder whose renewal is visible only in the read', () => {
    pair()
    membership.confirm('lease-1', leaseOf('peer', { active: true }), 100_000, 100_001)
    expect(owned()).toEqual(mine('lease-1'))
  })

  it('counts the holder of a deleted Lease until its lease duration is over', () => {
    pair()
    membership.confirm('lease-1', undefined, 5_000, 5_001)
    expect(owned()).toEqual(mine('lease-1'))
    membership.confirm('lease-1', undefined, DURATION_MS + 1, DURATION_MS + 2)
    expect(owned()).toEqual(DOMAINS)
  })

  const FORGED = { durationMs: MAX_LEASE_DURATION_MS, isPlain: true }

  it.each(['lease-16', 'lease-01', 'lease-0', 'lease-1-1', 'lease-x', 'mallory'])(
    'ignores the Lease %s, which is not a slot',
    (slot) => {
      join(leaseOf('mallory', { slot, ...FORGED }))
      membership.advance(0)
      membership.observe(leaseOf('mallory', { slot, ...FORGED }), 1)
      membership.advance(1)
      expect(membership.soleHolder).toBeUndefined()
      expect(owned()).toEqual(DOMAINS)
    },
  )

  it('counts the Lease of the last possible slot', () => {
    join(leaseOf('old', { slot: 'lease-15', isPlain: true }))
    membership.advance(0)
    expect(membership.soleHolder).toEqual({ slot: 'lease-15', identity: 'old' })
    expect(owned()).toEqual([])
  })

  it.each(['stale', 'deleted'])('recovers from a %s Lease of any duration after the longest permitted one', (state) => {
    join()
    membership.advance(0)
    const lease = leaseOf('mallory', FORGED)
    membership.observe(lease, 1_000)
    membership.advance(1_000)
    expect(membership.ownership().members).toBe(0)
    const now = state === 'deleted' ? undefined : lease
    const endMs = 1_000 + MAX_LEASE_DURATION_MS
    membership.confirm('lease-1', now, endMs - 1, endMs)
    membership.advance(endMs)
    expect(owned()).toEqual([])
    expect(membership.nextRead()?.dueMs).toBeLessThanOrEqual(endMs + UNWATCHED_POLL_MS)
    membership.confirm('lease-1', now, endMs, endMs)
    membership.advance(endMs)
    expect(owned()).toEqual(DOMAINS)
  })

  it('ignores older states of a Lease', () => {
    pair()
    const released = leaseOf('')
    membership.observe(leaseOf('next', { ready: true }), 10)
    membership.acknowledge(membership.advance(10))
    membership.observe(released, 11)
    membership.advance(11 + RELEASE_GRACE_MS)
    expect(owned()).toEqual(mine('lease-1'))
    expect(membership.acknowledged).toEqual(['next'])
  })

  it('leaves the domains of a released slot for a moment, in case a standby acquires it', () => {
    pair()
    membership.observe(leaseOf(''), 100)
    membership.advance(99 + RELEASE_GRACE_MS)
    expect(owned()).toEqual(mine('lease-1'))
    expect(membership.nextRead()?.dueMs).toBe(100 + RELEASE_GRACE_MS)
    membership.advance(100 + RELEASE_GRACE_MS)
    expect(owned()).toEqual(DOMAINS)
  })

  it('gives the domains of a released slot to the others after 2 s, as the guide says', () => {
    pair()
    membership.observe(leaseOf(''), 100)
    membership.advance(2_100)
    expect(owned()).toEqual(DOMAINS)
  })

  it.each(['clears', 'leaves'])(
    '%s the Lease of a dead holder if nothing has changed it within its duration',
    (what) => {
      pair()
      const last = leaseOf('peer', { active: true })
      membership.observe(last, 10)
      // As an edit of its labels.
      const edited = { ...last, resourceVersion: `${Number(last.resourceVersion) + 1}` }
      const now = what === 'leaves' ? edited : last
      membership.observe(now, 11)
      const death = membership.confirm('lease-1', now, 10 + DURATION_MS, 10 + DURATION_MS)
      expect(death).toEqual({ identity: 'peer', lease: what === 'leaves' ? undefined : last, isKnown: false })
      expect(owned()).toEqual(DOMAINS)
      // A Lease that is still there can be cleared later.
      const dueMs = 10 + 2 * DURATION_MS
      expect(membership.nextRead()).toEqual({ slot: 'lease-1', dueMs })
      expect(membership.confirm('lease-1', now, dueMs, dueMs)).toEqual({ identity: 'peer', lease: now, isKnown: true })
    },
  )

  it('clears no Lease that was renewed or deleted', () => {
    pair()
    expect(membership.confirm('lease-1', leaseOf('peer'), 100_000, 100_001)).toBeUndefined()
    expect(membership.confirm('lease-1', undefined, 200_000, 200_001)).toEqual({
      identity: 'peer',
      lease: undefined,
      isKnown: false,
    })
  })

  describe('of a Lease that another member has cleared,', () => {
    const cleared = (last: SlotLease): SlotLease => {
      const { resourceVersion, record } = leaseOf('')
      return { ...last, resourceVersion, record: { ...record, renewTime: last.record.renewTime }, member: undefined }
    }

    it('takes the domains after the duration, without a read', () => {
      pair()
      const last = leaseOf('peer', { active: true })
      membership.observe(last, 10)
      expect(membership.observe(cleared(last), DURATION_MS)).toBe('peer')
      membership.advance(9 + DURATION_MS)
      expect(owned()).toEqual(mine('lease-1'))
      expect(membership.nextRead()?.dueMs).toBe(10 + DURATION_MS)
      membership.advance(10 + DURATION_MS)
      expect(owned()).toEqual(DOMAINS)
    })

    it('takes the domains, even if only a read shows the cleared Lease', () => {
      pair()
      const last = leaseOf('peer', { active: true })
      membership.observe(last, 10)
      const now = 20 + DURATION_MS
      const death = membership.confirm('lease-1', cleared(last), now, now)
      expect(death).toEqual({ identity: 'peer', lease: undefined, isKnown: false })
      membership.advance(now)
      expect(owned()).toEqual(DOMAINS)
    })

    it('leaves the domains for 2 s if its holder was alive, as after a user has released it', () => {
      pair()
      const last = leaseOf('peer', { active: true })
      membership.observe(last, 10)
      expect(membership.observe(cleared(last), 100)).toBeUndefined()
      membership.advance(2_099)
      expect(owned()).toEqual(mine('lease-1'))
      membership.advance(2_100)
      expect(owned()).toEqual(DOMAINS)
    })
  })

  it('leaves the domains of a released slot for 2 s, whatever changes in the Lease meanwhile', () => {
    pair()
    membership.observe(leaseOf(''), 100)
    membership.observe(leaseOf(''), 1_100)
    membership.advance(2_099)
    expect(owned()).toEqual(mine('lease-1'))
    membership.advance(2_100)
    expect(owned()).toEqual(DOMAINS)
  })

  it('moves no domain when a standby acquires a released slot, but acknowledges it', () => {
    pair()
    membership.observe(leaseOf(''), 100)
    membership.observe(leaseOf('standby'), 200)
    expect(membership.acknowledged).toEqual([])
    const claims = membership.advance(200)
    expect(owned()).toEqual(mine('lease-1'))
    membership.acknowledge(claims)
    expect(membership.acknowledged).toEqual(['standby'])
    membership.advance(200 + RELEASE_GRACE_MS)
    expect(owned()).toEqual(mine('lease-1'))
  })

  it('treats a dead holder that renews again as a newcomer, which waits for the end of its own writes', () => {
    pair()
    const last = leaseOf('peer', { active: true })
    membership.observe(last, 10)
    membership.confirm('lease-1', last, 10 + DURATION_MS, 10 + DURATION_MS)
    expect(owned()).toEqual(DOMAINS)
    membership.observe(leaseOf('peer', { active: true }), 40_000)
    const second = membership.advance(40_000)
    expect(owned()).toEqual(mine('lease-1'))
    // The writes of an earlier claim have ended late.
    membership.acknowledge([{ identity: 'peer', number: (second[0]?.number ?? 0) - 1 }])
    expect(membership.acknowledged).toEqual([])
    membership.acknowledge(second)
    expect(membership.acknowledged).toEqual(['peer'])
  })

  it('leaves all domains to a process without shards, and reads its Lease often', () => {
    join(leaseOf('old', { isPlain: true }))
    membership.advance(60_000)
    expect(membership.isActive).toBe(false)
    expect(membership.soleHolder).toEqual({ slot: 'lease-1', identity: 'old' })
    expect(membership.nextRead()?.dueMs).toBeLessThan(DURATION_MS)
    membership.confirm('lease-1', leaseOf('', { isPlain: true }), 60_000, 60_001)
    membership.advance(60_002)
    expect(owned()).toEqual(DOMAINS.filter((domain) => slotOf(domain, ['lease']) === 'lease'))
  })

  it('stops when a process without shards acquires a slot, and continues after it', () => {
    join()
    membership.advance(0)
    membership.observe(leaseOf('old', { isPlain: true }), 10)
    membership.advance(10)
    expect(owned()).toEqual([])
    expect(membership.blocking).toEqual([{ slot: 'lease-1', identity: 'old' }])
    membership.observe(leaseOf('', { isPlain: true }), 20)
    membership.advance(20)
    expect(owned()).toEqual(DOMAINS)
  })
})
