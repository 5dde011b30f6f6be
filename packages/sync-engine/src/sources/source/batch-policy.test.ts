import { type ErrorCode, type SecretRef, SecretSyncError } from '@ack-secret-manager/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { valueOf } from '../../testing/fixtures.ts'
import { BatchPolicy } from './batch-policy.ts'
import type { Outcome } from './in-flight-read.ts'
import type { Source } from './source.ts'

const MINUTE_MS = 60_000
const VALUE = { value: valueOf('text'), digest: 'digest' }
const COMPLETE = { isComplete: true }
const ALONE = { isShared: false }

/** A source that was read before. Each connection is another identity. */
function sourceOf(name: string, connection = 0): Source {
  const backend = { batch: { maxRefs: 20, keyOf: (ref: SecretRef) => ref.name }, readMany: async () => [] }
  return {
    ref: { name },
    reader: 'shop/web',
    versionId: 'v1',
    connection: {
      key: `connection ${connection}`,
      kind: 'kms-endpoint',
      endpoint: `kms-${connection}.example`,
      quota: { account: `${connection}`, region: 'cn-hangzhou' },
      backend,
    },
  } as unknown as Source
}

/** One that was never read. */
const firstOf = (namespace: string): Source =>
  Object.assign(sourceOf('db'), { reader: `${namespace}/web`, versionId: undefined })
const errorOf = (code: ErrorCode): SecretSyncError => new SecretSyncError(code, 'no')
const sourcesOf = (count: number, prefix = 's'): Source[] =>
  Array.from({ length: count }, (_none, index) => sourceOf(`${prefix}${index}`))

let nowMs: number
let policy: BatchPolicy
beforeEach(() => {
  nowMs = 0
  policy = new BatchPolicy({ kmsCost: 1, monotonic: () => nowMs, isReachable: () => true })
})

const isShared = (source: Source = sourceOf('any')): boolean => policy.share(source, nowMs) !== undefined
const read = (sources: readonly Source[], outcome: Outcome = VALUE): void => {
  for (const source of sources) policy.ended(source, outcome, nowMs, ALONE)
}
/** A batch of two that is refused, and whose secrets are then readable alone. */
const refuse = (code: ErrorCode = 'AccessDenied', some = sourcesOf(2)): void => {
  policy.failed(some, errorOf(code), nowMs, COMPLETE)
  read(some)
}
/** Until batches are used again, in whole minutes. */
const pauseMinutes = (): number => {
  const sinceMs = nowMs
  while (!isShared()) nowMs += MINUTE_MS
  return (nowMs - sinceMs) / MINUTE_MS
}

describe('denied calls of readable secrets', () => {
  it('suspend batches from the third on, for four times as long each time, up to a day', () => {
    refuse()
    refuse()
    expect(isShared()).toBe(true)
    refuse()
    expect(pauseMinutes()).toBe(10)
    for (const minutes of [40, 160, 640, 1_440, 1_440]) {
      refuse()
      expect(pauseMinutes()).toBe(minutes)
    }
  })

  it('suspend them only once if they were in flight together', () => {
    const calls = ['a', 'b', 'c', 'd'].map((prefix) => sourcesOf(2, prefix))
    for (const sources of calls) policy.failed(sources, errorOf('AccessDenied'), nowMs, COMPLETE)
    for (const sources of calls) read(sources)
    expect(pauseMinutes()).toBe(10)
    refuse()
    expect(pauseMinutes()).toBe(40)
  })

  it('suspend them also during a pause for another reason', () => {
    policy.failed(sourcesOf(2), errorOf('Unavailable'), nowMs, COMPLETE)
    for (let call = 0; call < 3; call += 1) refuse()
    expect(pauseMinutes()).toBe(10)
  })

  it('do not count if one of the secrets is refused again, alone', () => {
    for (const prefix of ['a', 'b', 'c', 'd']) {
      const sources = sourcesOf(3, prefix)
      policy.failed(sources, errorOf('AccessDenied'), nowMs, COMPLETE)
      read(sources.slice(1))
      read(sources.slice(0, 1), { error: errorOf('AccessDenied') })
    }
    expect(isShared()).toBe(true)
  })

  it.each<[string, ErrorCode, boolean, ErrorCode, number]>([
    ['counts with its half', 'AccessDenied', true, 'AccessDenied', 2],
    ['does not count if a read of it was dropped', 'AccessDenied', false, 'AccessDenied', 3],
    ['does not count for a half that is refused for another reason', 'AccessDenied', true, 'NotFound', Infinity],
  ])('a batch of four %s', (_rule, code, isComplete, codeOfHalf, rounds) => {
    let suspendedAfter = Infinity
    for (let round = 1; round <= 5; round += 1) {
      const sources = sourcesOf(4, `round${round}-`)
      policy.failed(sources, errorOf(code), nowMs, { isComplete })
      policy.failed(sources.slice(0, 2), errorOf(codeOfHalf), nowMs, COMPLETE)
      read(sources)
      nowMs += 9 * MINUTE_MS
      if (!isShared()) suspendedAfter = Math.min(suspendedAfter, round)
    }
    expect(suspendedAfter).toBe(rounds)
  })
})

it('a secret that is refused alone stays alone for ten minutes from then', () => {
  const [first = sourceOf('first'), second = sourceOf('second')] = sourcesOf(2)
  policy.failed([first, second], errorOf('NotFound'), nowMs, COMPLETE)
  read([first], { error: errorOf('NotFound') })
  nowMs += 9 * MINUTE_MS
  read([first], { error: errorOf('NotFound') })
  nowMs += 9 * MINUTE_MS
  expect(policy.groupOf(first)).toBeUndefined()
  nowMs += MINUTE_MS
  expect(policy.groupOf(first)).toBe('connection 0')
})

it('a secret that fails alone before its first value keeps only such secrets of its namespace out of batches', () => {
  read([firstOf('shop')])
  expect(isShared(firstOf('shop'))).toBe(true)
  read([firstOf('shop')], { error: errorOf('NotFound') })
  expect([firstOf('shop'), firstOf('bank'), sourceOf('db')].map((source) => isShared(source))).toEqual([
    false,
    true,
    true,
  ])
  nowMs += 10 * MINUTE_MS
  expect(isShared(firstOf('shop'))).toBe(true)
})

it('a secret without an entry in the response to a half joins all others again, after ten minutes', () => {
  const sources = sourcesOf(4)
  policy.failed(sources, errorOf('NotFound'), nowMs, COMPLETE)
  policy.unmentioned(sources, nowMs)
  nowMs += 10 * MINUTE_MS
  expect(new Set(sources.map((source) => policy.groupOf(source)))).toEqual(new Set(['connection 0']))
})

it('a throttled secret is read the other way next, because KMS may throttle each action', () => {
  const error = errorOf('Throttled')
  const source = Object.assign(sourceOf('s0'), { error })
  expect(policy.groupOf(source)).toBeUndefined()
  policy.ended(source, { error }, nowMs, ALONE)
  expect(policy.groupOf(source)).toBe('connection 0')
  policy.ended(source, { error }, nowMs, { isShared: true })
  expect(policy.groupOf(source)).toBeUndefined()
  policy.ended(source, { error }, nowMs, ALONE)
  policy.ended(source, { error: errorOf('Unavailable') }, nowMs, ALONE)
  expect(policy.groupOf(source)).toBeUndefined()
})

it('a batch counts in full for ten minutes after KMS has throttled one', () => {
  const tokens = (): number | undefined => policy.share(sourceOf('any'), nowMs)?.tokens(20)
  expect(tokens()).toBe(1)
  policy.ended(sourceOf('s0'), { error: errorOf('Throttled') }, nowMs, { isShared: true })
  nowMs += 10 * MINUTE_MS - 1
  expect(tokens()).toBe(20)
  nowMs += 1
  expect(tokens()).toBe(1)
})

it.each<[string, SecretSyncError]>([
  ['an outage', errorOf('Unavailable')],
  ['a denial of the call', new SecretSyncError('AccessDenied', 'no', { facts: { batch: 'denied' } })],
  ['an unknown call', new SecretSyncError('InvalidResponse', 'what', { facts: { batch: 'unsupported' } })],
])('remembers %s for at most 10,000 connections, because a tenant can keep changing its credential', (_what, error) => {
  for (let connection = 0; connection <= 10_000; connection += 1) {
    const source = sourceOf('db', connection)
    policy.failed([source, source], error, 0, COMPLETE)
  }
  expect([0, 1, 10_000].map((connection) => isShared(sourceOf('db', connection)))).toEqual([true, false, false])
})
