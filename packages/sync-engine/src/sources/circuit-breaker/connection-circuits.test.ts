import { defined, SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { valueOf } from '../../testing/fixtures.ts'
import { ConnectionCircuits } from './connection-circuits.ts'
import type { Outcome } from '../source/in-flight-read.ts'
import type { Source } from '../source/source.ts'

interface SourceFacts {
  readonly connection?: string
  readonly endpoint?: string | undefined
  readonly versionId?: string
  readonly namespace?: string
  readonly unconfirmedMs?: number
}

/** The part of a source that the circuits use. */
function sourceOf(name: string, { connection = 'kms|me', unconfirmedMs = 0, ...more }: SourceFacts = {}): Source {
  const endpoint = 'endpoint' in more ? more.endpoint : 'kms'
  return {
    key: `${connection} ${name}`,
    connection: { key: connection, kind: 'fake', ...defined({ endpoint }) },
    ref: { name },
    reader: `${more.namespace ?? 'app'}/web`,
    versionId: more.versionId,
    unconfirmedMs: () => unconfirmedMs,
  } as unknown as Source
}
const response: Outcome = { value: valueOf('x'), error: undefined } as never
const failure = (source: Source, facts = {}): Outcome => ({
  value: undefined,
  error: new SecretSyncError('Unavailable', `secret ${JSON.stringify(source.ref.name)}: no response`, { facts }),
})

/** Circuits with these sources. */
function circuitsOf(sources: readonly Source[], random = (): number => 0): ConnectionCircuits {
  const circuits = new ConnectionCircuits({ random, wallMs: () => 0 })
  for (const source of sources) circuits.enter(source)
  return circuits
}
/** Circuits that are open because these sources have failed. */
function openCircuits(
  failed: readonly Source[],
  others: readonly Source[] = [],
  random?: () => number,
): ConnectionCircuits {
  const circuits = circuitsOf([...failed, ...others], random)
  for (const source of failed) circuits.ended(source, failure(source), 0)
  return circuits
}

const [a, b, c, d] = [sourceOf('a'), sourceOf('b'), sourceOf('c'), sourceOf('d')]

it('probes with another source if the preferred one was removed', () => {
  const circuits = openCircuits([a, b, c])
  for (const source of [a, b]) circuits.hold(source, 0)
  circuits.probeSoon(a, 0)
  circuits.leave(a, 0)
  expect(circuits.takeProbes(1_000)).toEqual([b])
})

it('ends a probe whose source was removed', () => {
  const circuits = openCircuits([a, b, c])
  for (const source of [a, b]) circuits.hold(source, 0)
  expect(circuits.takeProbes(1_000)).toEqual([a])
  expect(circuits.leave(a, 1_000)).toBe('probe-failed')
  expect(circuits.isProbed(b)).toBe(false)
  expect(circuits.takeProbes(2_000)).toEqual([b])
})

it('immediately probes the other connections of an endpoint that responds, and no other endpoint', () => {
  const same = sourceOf('a', { connection: 'kms|other' })
  const other = sourceOf('a', { connection: 'oos|me', endpoint: 'oos' })
  const circuits = openCircuits([a, same, other])
  for (const source of [a, same, other]) circuits.hold(source, 0)
  circuits.ended(a, response, 10)
  expect(circuits.takeProbes(10)).toEqual([same])
})

it('keeps the time between two probes of an endpoint when the first connection is removed', () => {
  const same = sourceOf('a', { connection: 'kms|other' })
  const circuits = openCircuits([a, same])
  for (const source of [a, same]) circuits.hold(source, 0)
  expect(circuits.takeProbes(1_000)).toEqual([a])
  circuits.leave(a, 1_000)
  expect(circuits.dueMs).toBe(2_000)
})

it('probes immediately with a source that has not failed while few have', () => {
  const circuits = openCircuits([a, b, c], [d])
  circuits.hold(a, 100)
  expect(circuits.dueMs).toBe(1_000)
  circuits.hold(d, 100)
  expect(circuits.dueMs).toBe(100)
  expect(circuits.takeProbes(100)).toEqual([d])
})

it('keeps the backoff of an isolated source, and prefers another one for a probe', () => {
  const circuits = circuitsOf([a, b, c, d])
  circuits.ended(a, failure(a), 0)
  circuits.ended(d, response, 0)
  for (const source of [b, c, d]) circuits.ended(source, failure(source), 0)
  expect([circuits.isHeldBack(a), circuits.isHeldBack(b)]).toEqual([false, true])
  for (const source of [a, b]) circuits.hold(source, 0)
  expect(circuits.takeProbes(1_000)).toEqual([b])
})

describe('in a certain outage', () => {
  const failed = Array.from({ length: 10 }, (_, index) => sourceOf(`failed-${index}`))
  const [wanted = a] = failed
  const unread = sourceOf('unread', { namespace: 'shop' })
  const same = sourceOf('same', { versionId: 'v1' })
  const other = sourceOf('other', { versionId: 'v1', namespace: 'shop' })

  /** The probes of 40 s, one every ten seconds, if all fail. */
  function probesOf(held: readonly Source[], isWanted = false): readonly string[] {
    const circuits = openCircuits(failed, [unread, same, other])
    for (const source of held) circuits.hold(source, 0)
    return [10_000, 20_000, 30_000, 40_000].map((nowMs) => {
      const isNow = isWanted && circuits.tryProbe(wanted, nowMs, { isWanted })
      const [probe = a] = isNow ? [wanted] : circuits.takeProbes(nowMs)
      circuits.ended(probe, failure(probe), nowMs)
      circuits.hold(probe, nowMs)
      return probe.ref.name
    })
  }

  it('probes first with a source that had a value, of a namespace with few failures', () => {
    expect(probesOf([wanted, unread, same, other])).toEqual(['other', 'same', 'failed-0', 'unread'])
  })

  it('probes with one of several equal sources at random', () => {
    const equal = ['one', 'two', 'three'].map((name) => sourceOf(name, { versionId: 'v1', namespace: 'shop' }))
    const circuits = openCircuits(failed, equal, () => 0.5)
    for (const source of equal) circuits.hold(source, 0)
    expect(circuits.takeProbes(10_000)).toEqual([equal[1]])
  })

  it('counts the failures of a namespace since the last response only', () => {
    const circuits = openCircuits(failed, [same, other, d])
    circuits.ended(d, response, 0)
    const later = Array.from({ length: 10 }, (_, index) => sourceOf(`later-${index}`, { namespace: 'shop' }))
    for (const source of later) {
      circuits.enter(source)
      circuits.ended(source, failure(source), 0)
    }
    for (const source of [other, same]) circuits.hold(source, 0)
    expect(circuits.takeProbes(10_000)).toEqual([same])
  })

  it('probes with a wanted source every second time only', () => {
    expect(probesOf([wanted, other], true)).toEqual(['failed-0', 'other', 'failed-0', 'other'])
  })
})

it('releases sources without a value first, then those with the oldest confirmation', () => {
  const late = sourceOf('late', { versionId: 'v1', unconfirmedMs: 90_000 })
  const fresh = sourceOf('fresh', { versionId: 'v1', unconfirmedMs: 10_000 })
  const circuits = openCircuits([a, b, c], [fresh, late])
  for (const source of [fresh, late, a]) circuits.hold(source, 0)
  expect(circuits.release(a, 0)).toEqual([a, late, fresh])
})

it('fails a source with the failure of the connection and its own name, without the pause of another source', () => {
  const circuits = circuitsOf([a, b])
  for (const source of [b, a]) circuits.ended(source, failure(source, { httpStatus: 503, retryAfterMs: 60_000 }), 0)
  expect(circuits.refusal(b)).toMatchObject({ message: 'secret "b": no response', facts: { httpStatus: 503 } })
  expect(circuits.refusal(b).facts.retryAfterMs).toBeUndefined()
})

it('does not repeat the message of a backend package without an endpoint about another secret', () => {
  const [one, two] = ['one', 'two'].map((name) => sourceOf(name, { connection: 'plugin', endpoint: undefined }))
  const circuits = openCircuits([one as Source, two as Source])
  expect(circuits.refusal(two as Source).message).toBe('secret "two": fake is unreachable')
  expect(circuits.refusal(one as Source).message).toBe('secret "one": fake is unreachable')
})
