import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { beforeEach, describe, expect, it } from 'vitest'
import { RefreshRequests } from './refresh-requests.ts'
import { resourceOf, specOf } from '../testing/fixtures.ts'

const entry = { key: 'db', name: 'password' }
const document = { extract: { key: 'doc' } }
const one = resourceOf(specOf({ data: [entry] }))

describe('RefreshRequests', () => {
  let clock: ManualClock
  let requests: RefreshRequests
  /** Delay of each requested sync, in milliseconds. */
  let delays: number[]

  beforeEach(() => {
    clock = new ManualClock()
    delays = []
    const queue = { addAfter: (_key: string, delayMs: number) => delays.push(delayMs) }
    requests = new RefreshRequests({ clock, queue, pools: [{ hasReadSince: () => true }] })
  })
  /** Requests a refresh of so many resources, each with one secret. */
  const storm = (count: number, group = 'storm'): void => {
    for (let index = 0; index < count; index += 1) requests.request(`${group}/${index}`, one)
  }

  it('allows 40 secrets of a namespace at once, and 40 more each second', () => {
    storm(81)
    expect([delays[0], delays[40], delays[41], delays[80]]).toEqual([0, 0, 25, 1_000])
  })

  it('counts every secret that a resource reads', () => {
    const data = Array.from({ length: 20 }, (_, index) => ({ ...entry, name: `key-${index}` }))
    const many = resourceOf(specOf({ data, dataProcess: [document, document] }))
    for (const name of ['a', 'b', 'c']) requests.request(`storm/${name}`, many)
    expect(delays).toEqual([0, 0, 100])
  })

  it('counts no more secrets than can be found, whatever a status says', () => {
    requests.request('storm/forged', { ...one, status: { found: 1_000_000_000 } as ExternalSecretStatus })
    requests.request('storm/next', one)
    // The one in the spec, and 1,000 that are found.
    expect(delays).toEqual([0, 24_025])
  })

  it('remembers the share of a namespace while another one refreshes', () => {
    storm(61)
    delays.length = 0
    requests.request('other/db', one)
    requests.request('storm/next', one)
    expect(delays).toEqual([0, 525])
  })

  it('keeps a refresh that is due later than the next sync', async () => {
    requests.request('default/db', one)
    expect(requests.begin('default/db')).toBe(true)
    requests.request('default/db', one)
    await clock.advance(400)
    expect(requests.begin('default/db')).toBe(false)
    await clock.advance(600)
    expect(requests.begin('default/db')).toBe(true)
    expect(requests.begin('default/db')).toBe(false)
    expect(delays).toEqual([0, 1_000, 600])
  })
})
