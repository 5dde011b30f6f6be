import { sleep } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KubeApiError } from '../client/kube-api-error.ts'
import type { KubeObject } from '../client/kube-object.ts'
import { LeaseElector, type LeaseElectorOptions } from './lease-elector.ts'
import { leaseRecord } from './lease-record.ts'
import type { LeaseApi } from './lease-store.ts'

const NAMES = ['lease', 'lease-1', 'lease-2']

/** Leases in memory with optimistic locking. The response to a write of `losesResponsesOf` is lost. */
class Leases {
  readonly objects = new Map<string, KubeObject>()
  losesResponsesOf: string | undefined
  #version = 0

  readonly api: LeaseApi = {
    get: async <T>(path: string) => this.#read(nameOf(path)) as T,
    create: async <T>(_path: string, body: unknown) => {
      const object = body as KubeObject
      if (this.objects.has(object.metadata.name ?? '')) throw failure(409)
      return this.#write(object) as T
    },
    update: async <T>(path: string, body: unknown) => {
      const object = body as KubeObject
      if (object.metadata.resourceVersion !== this.#read(nameOf(path)).metadata.resourceVersion) throw failure(409)
      return this.#write(object) as T
    },
  }

  get holders(): readonly string[] {
    return NAMES.map((name) => leaseRecord(this.objects.get(name) ?? { metadata: {} }).holder)
  }

  #read(name: string): KubeObject {
    const object = this.objects.get(name)
    if (object === undefined) throw failure(404)
    return object
  }

  #write(object: KubeObject): KubeObject {
    this.#version += 1
    const { name = '' } = object.metadata
    const written = { ...object, metadata: { ...object.metadata, resourceVersion: `${this.#version}` } }
    this.objects.set(name, written)
    if (this.losesResponsesOf === name) throw failure(504)
    return written
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const failure = (status: number): KubeApiError => new KubeApiError(`${status}`, { status, reason: '', causes: [] })

describe('LeaseElector with several Leases', () => {
  let leases: Leases
  let clock: ManualClock
  let electors: LeaseElector[]

  beforeEach(() => {
    leases = new Leases()
    clock = new ManualClock()
    electors = []
  })
  afterEach(async () => {
    leases.losesResponsesOf = undefined
    const closed = Promise.all(electors.map((elector) => elector.close()))
    await clock.advance(60_000)
    await closed
  })

  const start = (identity: string, options: Partial<LeaseElectorOptions> = {}): LeaseElector => {
    const elector = new LeaseElector({
      client: leases.api,
      namespace: 'ops',
      name: 'lease',
      moreNames: NAMES.slice(1),
      identity,
      clock,
      random: () => 0,
      onStartedLeading: () => undefined,
      ...options,
    })
    electors.push(elector)
    void elector.run({ signal: new AbortController().signal })
    return elector
  }

  it('gives one Lease to each of several processes, and none to a surplus process', async () => {
    const all = ['a', 'b', 'c', 'd'].map((identity) => start(identity))
    await clock.advance(30_000)
    expect([...leases.holders].sort()).toEqual(['a', 'b', 'c'])
    expect(all.map(({ held }) => held)).toEqual(['lease', 'lease-1', 'lease-2', undefined])
    expect(all.map(({ isLeader }) => isLeader)).toEqual([true, true, true, false])
  })

  it('lets a standby acquire whichever Lease is released, at once on request', async () => {
    const [, second] = ['a', 'b', 'c'].map((identity) => start(identity))
    await clock.advance(1)
    const standby = start('d')
    await clock.advance(10_500)
    await second?.close()
    standby.attemptNow()
    await clock.advance(1)
    expect(standby.held).toBe('lease-1')
    expect(leases.holders).toEqual(['a', 'd', 'c'])
  })

  it('holds its Lease from the time of its write, however long the reads of other Leases took', async () => {
    for (const identity of ['a', 'b']) start(identity)
    await clock.advance(1)
    const get: LeaseApi['get'] = async (path, call) => {
      await sleep(4_000, { clock, signal: call.signal })
      return leases.api.get(path, call)
    }
    const third = start('c', { client: { ...leases.api, get } })
    await clock.advance(12_000)
    expect(third.held).toBe('lease-2')
    await clock.advance(60_000)
    expect(third.isLeader).toBe(true)
  })

  it('never holds two Leases, even if it does not know whether it has acquired one', async () => {
    leases.losesResponsesOf = 'lease-1'
    start('a')
    await clock.advance(1)
    const second = start('b')
    await clock.advance(60_000)
    expect(leases.holders).toEqual(['a', 'b', ''])
    expect(second.isLeader).toBe(false)
    leases.losesResponsesOf = undefined
    await clock.advance(2_000)
    expect(second.held).toBe('lease-1')
    expect(leases.holders).toEqual(['a', 'b', ''])
  })

  it('writes labels and annotations with the acquisition and, at once on request, with a renewal', async () => {
    let acknowledged: string | undefined = 'x'
    const elector = start('a', {
      metadata: () => ({ labels: { member: 'true' }, annotations: { acknowledged } }),
    })
    const metadata = (): KubeObject['metadata'] | undefined => leases.objects.get('lease')?.metadata
    await clock.advance(1)
    expect(metadata()).toMatchObject({ labels: { member: 'true' }, annotations: { acknowledged: 'x' } })
    acknowledged = 'y'
    elector.attemptNow()
    await clock.advance(1)
    expect(metadata()).toMatchObject({ labels: { member: 'true' }, annotations: { acknowledged: 'y' } })
    acknowledged = undefined
    await clock.advance(2_000)
    expect(metadata()).toMatchObject({ labels: { member: 'true' }, annotations: {} })
    expect(metadata()?.annotations).not.toHaveProperty('acknowledged')
  })
})
