import { type Clock, SecretSyncError, sleep } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { dependentSignals } from '@ack-secret-manager/test-support/dependent-signals'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KubeApiError } from '../client/kube-api-error.ts'
import { LeaseElector, type LeaseElectorOptions } from './lease-elector.ts'
import { leaseRecord, withLeaseRecord } from './lease-record.ts'
import type { LeaseApi } from './lease-store.ts'
import type { KubeObject } from '../client/kube-object.ts'

/** An in-memory Lease with optimistic locking and injected failures. */
class LeaseDouble {
  lease: KubeObject | undefined
  failure: Error | 'hang' | 'late' | undefined
  calls = 0
  #version = 0

  readonly api: LeaseApi = {
    get: <T>(_path: string, { signal }: { signal: AbortSignal }) => this.#respond(signal, () => this.#read() as T),
    create: <T>(_path: string, object: unknown, { signal }: { signal: AbortSignal }) =>
      this.#respond(signal, () => {
        if (this.lease) throw statusError(409)
        return this.#store(object as KubeObject) as T
      }),
    update: <T>(_path: string, object: unknown, { signal }: { signal: AbortSignal }) =>
      this.#respond(signal, () => {
        const next = object as KubeObject
        if (next.metadata.resourceVersion !== this.#read().metadata.resourceVersion) throw statusError(409)
        return this.#store(next) as T
      }),
  }

  get holder(): string {
    return this.lease ? leaseRecord(this.lease).holder : ''
  }

  /** A write by another process. */
  seize(holder: string): void {
    const { lease } = this
    if (!lease) throw new Error('there is no lease')
    this.#store({ ...lease, spec: { ...(lease.spec as object), holderIdentity: holder, renewTime: 'theirs' } })
  }

  #read(): KubeObject {
    if (!this.lease) throw statusError(404)
    return this.lease
  }

  #store(object: KubeObject): KubeObject {
    this.#version += 1
    this.lease = { ...object, metadata: { uid: 'u-1', ...object.metadata, resourceVersion: String(this.#version) } }
    return this.lease
  }

  async #respond<T>(signal: AbortSignal, work: () => T): Promise<T> {
    this.calls += 1
    if (this.failure === 'hang') {
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    } else if (this.failure === 'late') {
      // The write succeeds, but the response is lost.
      work()
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    } else if (this.failure) throw this.failure
    return work()
  }
}

function statusError(status: number): KubeApiError {
  return new KubeApiError(`${status}`, { status, reason: '', causes: [] })
}

/** Why a lease is lost without a failed request. */
const NOT_RENEWED =
  'Lease ops/lease was not renewed for 10000 ms: the API server did not respond, or this process did not run'

describe('LeaseElector', () => {
  let double: LeaseDouble
  let clock: ManualClock
  let log: string[]
  let electors: LeaseElector[]

  beforeEach(() => {
    double = new LeaseDouble()
    clock = new ManualClock()
    log = []
    electors = []
  })
  afterEach(async () => {
    double.failure = undefined
    const closed = Promise.all(electors.map((elector) => elector.close()))
    await clock.advance(60_000)
    await closed
  })

  const startElector = (identity: string, options: Partial<LeaseElectorOptions> = {}): LeaseElector => {
    const elector = new LeaseElector({
      client: double.api,
      namespace: 'ops',
      name: 'lease',
      identity,
      clock,
      random: () => 0,
      onStartedLeading: (signal) => {
        log.push(`${identity} leads`)
        signal.addEventListener('abort', () => log.push(`${identity} aborted`))
      },
      onStoppedLeading: (why) => {
        log.push(`${identity} ${why}`)
      },
      onNewLeader: (holder) => log.push(`${identity} sees ${holder}`),
      onError: (error) => log.push(`${identity} error ${error.message}`),
      ...options,
    })
    electors.push(elector)
    void elector.run({ signal: new AbortController().signal })
    return elector
  }

  it('acquires a free lease, and renews it every two seconds', async () => {
    const elector = startElector('a')
    await clock.advance(60_000)
    expect(log).toEqual(['a sees a', 'a leads'])
    expect(elector.isLeader).toBe(true)
    expect(leaseRecord(double.lease ?? { metadata: {} })).toMatchObject({
      holder: 'a',
      durationMs: 15_000,
      transitions: 0,
      renewTime: '2026-01-01T00:01:00.000000Z',
    })
    // One read, one creation, thirty renewals: a leader does not read its own lease.
    expect(double.calls).toBe(32)
  })

  it('reports a lease that is older than before, as leader and as standby', async () => {
    const reported: string[] = []
    const start = (identity: string): void => {
      const elector = startElector(identity, {
        onResourceVersionRollback: ({ path, reached, listed }) => {
          reported.push(`${identity}: ${path} ${reached} > ${listed}`)
          elector.abandon()
        },
      })
    }
    start('a')
    await clock.advance(1_000)
    const backup = double.lease
    start('b')
    await clock.advance(20_000)
    expect(reported).toEqual([])
    double.lease = backup
    await clock.advance(4_400)
    const path = '/apis/coordination.k8s.io/v1/namespaces/ops/leases/lease'
    expect(reported.toSorted()).toEqual([`a: ${path} 11 > 1`, `b: ${path} 11 > 1`])
  })

  it('tells a repeated failure from the first one, and forgets it after a success', async () => {
    const repeated: boolean[] = []
    const elector = startElector('a', { onError: (_error, isRepeated) => repeated.push(isRepeated) })
    await clock.advance(1_000)
    double.failure = statusError(503)
    await clock.advance(4_000)
    expect([repeated, elector.failure?.message]).toEqual([[false, true], '503'])
    double.failure = undefined
    await clock.advance(2_000)
    expect(elector.failure).toBeUndefined()
    double.failure = statusError(503)
    await clock.advance(2_000)
    expect(repeated).toEqual([false, true, false])
  })

  it('releases the lease immediately after its writes have ended', async () => {
    let finish: () => void = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const first = startElector('a', { onStoppedLeading: () => finished })
    await clock.advance(1_000)
    const second = startElector('b')
    await clock.advance(1_000)
    const closed = first.close()
    await clock.advance(3_000)
    expect(double.holder).toBe('a')
    finish()
    await closed
    expect(double.holder).toBe('')
    await clock.advance(2_000)
    expect(second.isLeader).toBe(true)
    expect(log).toEqual(['a sees a', 'a leads', 'b sees a', 'a aborted', 'b sees b', 'b leads'])
  })

  it.each([
    ['a recent renewal', 4_000, 9_000],
    ['an older renewal', 5_500, 7_500],
  ])('gives writes time to end after %s, and keeps the lease until then', async (_when, atMs, given) => {
    const leftTimes: number[] = []
    const first = startElector('a', {
      onStoppedLeading: (_why, leftMs) => {
        leftTimes.push(leftMs)
        return new Promise((resolve) => clock.setTimeout(resolve, leftMs))
      },
    })
    await clock.advance(atMs)
    const closed = first.close()
    await clock.advance(given - 1)
    expect([leftTimes, double.holder]).toEqual([[given], 'a'])
    await clock.advance(1)
    expect(double.holder).toBe('')
    await closed
  })

  it('lets the lease expire if its writes never end', async () => {
    const first = startElector('a', { onStoppedLeading: () => new Promise(() => {}) })
    await clock.advance(4_000)
    const second = startElector('b')
    const closed = first.close()
    await clock.advance(10_000)
    await closed
    expect(log.at(-1)).toContain('waiting for onStoppedLeading: no response within')
    expect(double.holder).toBe('a')
    await clock.advance(7_000)
    expect(second.isLeader).toBe(true)
  })

  it('gives writes no time after a loss', async () => {
    const leftTimes: number[] = []
    startElector('a', { onStoppedLeading: (_why, leftMs) => void leftTimes.push(leftMs) })
    await clock.advance(1_000)
    double.seize('b')
    await clock.advance(1_000)
    expect(leftTimes).toEqual([0])
  })

  it('lets the lease expire after abandon, and ends as lost', async () => {
    const leftTimes: number[] = []
    const elector = startElector('a', {
      onStoppedLeading: (why, leftMs) => {
        log.push(`a ${why}`)
        leftTimes.push(leftMs)
      },
    })
    await clock.advance(1_000)
    const calls = double.calls
    elector.abandon()
    await elector.close()
    expect(log).toEqual(['a sees a', 'a leads', 'a aborted', 'a lost'])
    expect({ leftTimes, holder: double.holder, calls: double.calls - calls }).toEqual({
      leftTimes: [0],
      holder: 'a',
      calls: 0,
    })
  })

  it('releases the lease even if a cancelled renewal succeeded', async () => {
    const elector = startElector('a')
    await clock.advance(1_000)
    double.failure = 'late'
    await clock.advance(1_000)
    const closed = elector.close()
    double.failure = undefined
    await clock.advance(1_000)
    await closed
    expect(double.holder).toBe('')
  })

  it('releases the lease even if a cancelled acquisition succeeded', async () => {
    double.failure = 'late'
    const elector = startElector('a')
    await clock.advance(0)
    expect(double.holder).toBe('a')
    const closed = elector.close()
    double.failure = undefined
    await clock.advance(0)
    await closed
    expect([double.holder, log.includes('a leads')]).toEqual(['', false])
  })

  it('does not release the lease of a cancelled acquisition after abandon', async () => {
    double.failure = 'late'
    const elector = startElector('a')
    await clock.advance(0)
    elector.abandon()
    double.failure = undefined
    await clock.advance(0)
    await elector.close()
    expect(double.holder).toBe('a')
  })

  it('leaves nothing of each renewal at the signal of its term', async () => {
    const { promise: term, resolve } = Promise.withResolvers<AbortSignal>()
    startElector('a', { onStartedLeading: resolve })
    await clock.advance(60_000)
    expect(double.calls).toBeGreaterThan(20)
    expect(dependentSignals(await term)).toBeLessThanOrEqual(1)
  })

  it('takes over from a silent leader exactly after its lease duration', async () => {
    double.lease = withLeaseRecord(
      { metadata: { name: 'lease', resourceVersion: '0' } },
      { holder: 'dead', durationMs: 15_000, acquireTime: '', renewTime: '', transitions: 0 },
    )
    const standby = startElector('b')
    await clock.advance(14_999)
    expect(standby.isLeader).toBe(false)
    await clock.advance(2_000)
    expect(standby.isLeader).toBe(true)
    expect(log).toEqual(['b sees dead', 'b sees b', 'b leads'])
    expect(leaseRecord(double.lease).transitions).toBe(1)
  })

  it.each<[string, LeaseDouble['failure'], string]>([
    ['is rejected', new SecretSyncError('Unavailable', 'away'), 'away'],
    ['hangs', 'hang', NOT_RENEWED],
  ])('stops leading at the renew deadline if every renewal %s, and becomes a standby', async (_how, failure, why) => {
    let reason: string | undefined
    const elector = startElector('a', {
      onStoppedLeading: (how) => {
        log.push(`a ${how}`)
        reason = elector.failure?.message
      },
    })
    await clock.advance(2_000)
    double.failure = failure
    await clock.advance(9_999)
    expect(elector.isLeader).toBe(true)
    expect(log).not.toContain('a aborted')
    await clock.advance(1)
    expect(elector.isLeader).toBe(false)
    expect(log.slice(-2)).toEqual(['a aborted', 'a lost'])
    expect(reason).toBe(why)
    double.failure = undefined
    await clock.advance(20_000)
    expect(elector.isLeader).toBe(true)
  })

  it('attempts a renewal again as soon as one has got no response in time', async () => {
    let responseMs = 0
    const update: LeaseApi['update'] = async (path, body, call) => {
      const { timeoutMs = Infinity, signal } = call
      const isLate = responseMs > timeoutMs
      await sleep(Math.min(responseMs, timeoutMs), { clock, signal })
      if (isLate) throw new SecretSyncError('Timeout', 'no response')
      return double.api.update(path, body, call)
    }
    const elector = startElector('a', { client: { ...double.api, update } })
    responseMs = 6_000
    await clock.advance(6_999)
    responseMs = 2_500
    await clock.advance(10_000)
    expect(log).toEqual(['a sees a', 'a leads', 'a error no response'])
    expect(elector.isLeader).toBe(true)
  })

  it.each([
    ['keeps leading', 'was applied', true],
    ['loses the lease', 'was not applied', false],
  ])('%s if a renewal without a response %s, and the next one is slow', async (_what, _which, isApplied) => {
    let updates = 0
    const update: LeaseApi['update'] = async <T>(
      path: string,
      body: unknown,
      call: Parameters<LeaseApi['update']>[2],
    ) => {
      updates += 1
      if (updates === 1) {
        // Without it, another client has changed the Lease.
        await double.api.update(path, isApplied ? body : { ...double.lease, spec: double.lease?.spec }, call)
        await sleep(5_000, { clock, signal: call.signal })
        throw new SecretSyncError('Timeout', 'no response')
      }
      // The third one follows the conflict of the second.
      if (updates === 3) await sleep(4_000, { clock, signal: call.signal })
      return double.api.update<T>(path, body, call)
    }
    const elector = startElector('a', { client: { ...double.api, update } })
    await clock.advance(10_500)
    expect([updates, elector.isLeader]).toEqual([3, isApplied])
    await clock.advance(1_000)
    expect(log.includes('a lost')).toBe(!isApplied)
  })

  it('renews at once if the last write took longer than the retry period', async () => {
    const sentMs: number[] = []
    const slow =
      (write: 'create' | 'update'): LeaseApi['update'] =>
      async (path, body, call) => {
        sentMs.push(clock.monotonic())
        await sleep(4_000, { clock, signal: call.signal })
        return double.api[write](path, body, call)
      }
    startElector('a', { client: { ...double.api, create: slow('create'), update: slow('update') } })
    await clock.advance(12_000)
    expect(sentMs).toEqual([0, 4_000, 8_000, 12_000])
  })

  describe('in a process that was stopped past the renew deadline, before the timer of the deadline fires,', () => {
    let skippedMs: number
    let blocked: Clock

    beforeEach(() => {
      skippedMs = 0
      blocked = {
        now: () => clock.now(),
        monotonic: () => clock.monotonic() + skippedMs,
        setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
      }
    })

    it('does not lead', async () => {
      const elector = startElector('a', { clock: blocked })
      await clock.advance(2_000)
      expect(elector.isLeader).toBe(true)
      skippedMs = 10_000
      expect(elector.isLeader).toBe(false)
    })

    it('sends no renewal, and ends its term', async () => {
      const elector = startElector('a', { clock: blocked })
      await clock.advance(3_000)
      const { calls } = double
      skippedMs = 10_000
      await clock.advance(1_000)
      expect([double.calls - calls, log.slice(-2)]).toEqual([0, ['a aborted', 'a lost']])
      expect(elector.failure?.message).toBe(NOT_RENEWED)
    })

    it('sends no renewal after the read that follows a conflict', async () => {
      let updates = 0
      const client: LeaseApi = {
        ...double.api,
        get: async (path, options) => {
          if (updates > 0) skippedMs = 10_000
          return double.api.get(path, options)
        },
        update: async (path, body, options) => {
          updates += 1
          return double.api.update(path, body, options)
        },
      }
      startElector('a', { clock: blocked, client })
      await clock.advance(1_000)
      double.seize('a')
      await clock.advance(1_000)
      expect([updates, log.slice(-2)]).toEqual([1, ['a aborted', 'a lost']])
    })
  })

  it('keeps leading when the wall clock jumps, and is confirmed again by its next renewal', async () => {
    const elector = startElector('a')
    await clock.advance(2_000)
    expect(elector.isConfirmed).toBe(true)
    clock.jumpWallClock(3_600_000)
    expect(elector).toMatchObject({ isConfirmed: false, isLeader: true })
    const confirmed = elector.confirmed(new AbortController().signal)
    await clock.advance(2_000)
    await confirmed
    expect(elector.isConfirmed).toBe(true)
    expect(log).toEqual(['a sees a', 'a leads'])
  })

  it('is not confirmed after a jump of the wall clock when another process holds the lease', async () => {
    const elector = startElector('a')
    await clock.advance(2_000)
    clock.jumpWallClock(3_600_000)
    double.seize('b')
    const confirmed = elector.confirmed(new AbortController().signal)
    await Promise.all([expect(confirmed).rejects.toMatchObject({ code: 'Cancelled' }), clock.advance(2_000)])
    expect(elector).toMatchObject({ isConfirmed: false, isLeader: false })
  })

  it('stops leading immediately when it observes another holder', async () => {
    const elector = startElector('a')
    await clock.advance(1_000)
    double.seize('b')
    await clock.advance(1_000)
    expect(elector.isLeader).toBe(false)
    expect(log).toEqual(['a sees a', 'a leads', 'a sees b', 'a aborted', 'a lost'])
    expect(double.holder).toBe('b')
  })

  it('ends its term if another client has released its lease', async () => {
    const elector = startElector('a')
    await clock.advance(1_000)
    double.seize('')
    await clock.advance(1_000)
    expect(elector.isLeader).toBe(false)
    expect(log).toEqual(['a sees a', 'a leads', 'a aborted', 'a lost'])
    expect(double.holder).toBe('')
    await clock.advance(2_000)
    expect(log.slice(4)).toEqual(['a sees a', 'a leads'])
    expect(leaseRecord(double.lease ?? { metadata: {} }).transitions).toBe(1)
  })

  describe('as standby, when the lease is deleted,', () => {
    const held = (holder: string, spec: object = {}): KubeObject => {
      const record = { holder, durationMs: 60_000, acquireTime: '', renewTime: '', transitions: 0 }
      const lease = withLeaseRecord({ metadata: { name: 'lease', resourceVersion: '0' } }, record)
      return { ...lease, spec: { ...(lease.spec as object), ...spec } }
    }

    it('creates it only after its lease duration, because the holder may not have noticed', async () => {
      double.lease = held('you')
      const standby = startElector('b')
      await clock.advance(1_000)
      double.lease = undefined
      // It notices after two seconds.
      await clock.advance(15_999)
      expect([standby.isLeader, double.holder]).toEqual([false, ''])
      await clock.advance(2_000)
      expect(standby.isLeader).toBe(true)
    })

    it('leaves it to its holder that creates it again', async () => {
      double.lease = held('you')
      const standby = startElector('b')
      await clock.advance(1_000)
      double.lease = undefined
      await clock.advance(5_000)
      double.lease = held('you', { renewTime: 'again' })
      await clock.advance(30_000)
      expect([standby.isLeader, double.holder]).toEqual([false, 'you'])
      expect(log).not.toContain('b leads')
    })

    it('creates it with its next attempt if its holder has released it', async () => {
      double.lease = held('')
      const update = (): Promise<never> => Promise.reject(statusError(503))
      const standby = startElector('b', { client: { ...double.api, update } })
      await clock.advance(1_000)
      expect(log).toEqual(['b error 503'])
      double.lease = undefined
      await clock.advance(1_000)
      expect(standby.isLeader).toBe(true)
    })
  })

  it('waits for its own lease duration while the lease of another process has none', async () => {
    const lease = withLeaseRecord(
      { metadata: { name: 'lease', resourceVersion: '0' } },
      { holder: 'you', durationMs: 15_000, acquireTime: '', renewTime: '', transitions: 0 },
    )
    double.lease = { ...lease, spec: { ...(lease.spec as object), leaseDurationSeconds: undefined } }
    const standby = startElector('b')
    await clock.advance(14_999)
    expect(standby.isLeader).toBe(false)
    await clock.advance(2_000)
    expect(standby.isLeader).toBe(true)
  })

  it('loses a lease that is deleted while it leads', async () => {
    const elector = startElector('a')
    await clock.advance(1_000)
    double.lease = undefined
    await clock.advance(1_000)
    expect(elector.isLeader).toBe(false)
    expect(log.slice(2)).toEqual([
      'a error Lease ops/lease was deleted while this process held it',
      'a aborted',
      'a lost',
    ])
    await clock.advance(2_000)
    expect(elector.isLeader).toBe(true)
  })

  it('reports a namespace that does not exist', async () => {
    startElector('a', { client: { ...double.api, create: () => Promise.reject(statusError(404)) } })
    await clock.advance(0)
    expect(log).toEqual(['a error 404'])
  })

  it('does not release a lease of another process', async () => {
    const elector = startElector('a')
    await clock.advance(1_000)
    double.seize('b')
    await elector.close()
    expect(double.holder).toBe('b')
  })

  it('does not lead again before onStoppedLeading has ended', async () => {
    let finish = (): void => undefined
    const elector = startElector('a', { onStoppedLeading: () => new Promise((resolve) => (finish = resolve)) })
    await clock.advance(1_000)
    double.seize('')
    await clock.advance(10_000)
    expect([elector.isLeader, double.holder]).toEqual([false, ''])
    finish()
    await clock.advance(4_000)
    expect(elector.isLeader).toBe(true)
  })

  it('waits up to 2.2 retry periods between attempts, and half the renew deadline for each response', async () => {
    const timeouts: (number | undefined)[] = []
    const get: LeaseApi['get'] = (path, options) => {
      timeouts.push(options.timeoutMs)
      return double.api.get(path, options)
    }
    startElector('b', {
      client: { ...double.api, get, create: () => Promise.reject(statusError(409)) },
      random: () => 0.5,
    })
    await clock.advance(3_199)
    expect(timeouts).toEqual([5_000])
    await clock.advance(1)
    expect(timeouts).toEqual([5_000, 5_000])
  })

  it('keeps leading after another client edits other fields of the Lease', async () => {
    const elector = startElector('a')
    await clock.advance(1_000)
    const { lease } = double
    if (!lease) throw new Error('there is no lease')
    double.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: 'edited', labels: { x: 'y' } } }
    await clock.advance(20_000)
    expect(elector.isLeader).toBe(true)
    expect(double.lease?.metadata.labels).toEqual({ x: 'y' })
    expect(log).toEqual(['a sees a', 'a leads'])
  })

  it('reports errors of its callbacks, and continues', async () => {
    const elector = startElector('a', {
      onStartedLeading: () => {
        throw new TypeError('canary')
      },
    })
    await clock.advance(4_000)
    expect(elector.isLeader).toBe(true)
    expect(log).toEqual(['a sees a', expect.stringContaining('unexpected TypeError')])
  })

  it.each([[{ leaseDurationMs: 10_000 }], [{ renewDeadlineMs: 2_000 }], [{ retryPeriodMs: 0 }]])(
    'rejects inconsistent times: %o',
    (times) => {
      expect(() => startElector('a', times)).toThrow(/retryPeriodMs < renewDeadlineMs < leaseDurationMs/)
    },
  )

  it('rejects a lease duration that others would not wait for', () => {
    expect(() => startElector('a', { leaseDurationMs: 3_600_001 })).toThrow(/leaseDurationMs: expected at most 3600000/)
  })

  it('rejects an empty identity, because a Lease without a holder is free for everyone', () => {
    expect(() => startElector('')).toThrow('LeaseElector: identity: expected a text that is unique to this process')
  })
})
