import type { Condition } from '@ack-secret-manager/resources'
import type { Reachability } from '@ack-secret-manager/sync-engine'
import { describe, expect, it } from 'vitest'
import { type Outage, outageOf, reachableCondition } from './reachable-condition.ts'

const UP: Reachability = { state: 'reachable' }
const UNKNOWN: Reachability = { state: 'unknown' }
const down = (endpoint: string, more: object = {}): Reachability => ({
  state: 'unreachable',
  endpoint,
  sinceMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  lastResponseMs: Date.UTC(2026, 0, 2, 3, 4, 1),
  ...more,
})
const NEVER = { lastResponseMs: undefined }
const OUTAGE = 'kms.a has not responded since 2026-01-02T03:04:05Z (last response 2026-01-02T03:04:01Z)'
const EARLIER = 'kms.a has not responded since 2026-01-01T00:00:00Z (last response 2025-12-31T23:59:59Z)'

/** The outage that the status recorded before {@link EARLIER}. */
const RECORDED: Outage = { endpoint: 'kms.a', since: '2026-01-01T00:00:00Z', lastResponse: '2025-12-31T23:59:59Z' }

const old = (status: 'True' | 'False', message: string): Condition => ({
  type: 'Reachable',
  status,
  reason: status === 'True' ? 'Connected' : 'Unavailable',
  message,
  observedGeneration: 1,
  lastTransitionTime: '2026-01-01T00:00:03Z',
})

describe('the condition Reachable', () => {
  it.each<[string, Reachability | undefined, Condition | undefined, string | undefined, Outage?]>([
    [
      'is absent if no resource reads through the store',
      undefined,
      old('True', 'the endpoint responds to reads'),
      undefined,
    ],
    ['is absent before the first read', UNKNOWN, undefined, undefined],
    ['is kept until the first read has finished', UNKNOWN, old('False', EARLIER), `False Unavailable: ${EARLIER}`],
    ['is True after the first response', UP, old('False', EARLIER), 'True Connected: the endpoint responds to reads'],
    ['is False, with endpoint, start and last response', down('kms.a'), undefined, `False Unavailable: ${OUTAGE}`],
    [
      'says that no response is known',
      down('kms.a', NEVER),
      undefined,
      'False Unavailable: kms.a has not responded since 2026-01-02T03:04:05Z (no earlier response known)',
    ],
    [
      'keeps an outage across a restart of the operator',
      down('kms.a', NEVER),
      old('False', EARLIER),
      `False Unavailable: ${EARLIER}`,
      RECORDED,
    ],
    [
      'does not keep it after a response',
      down('kms.a'),
      old('False', EARLIER),
      `False Unavailable: ${OUTAGE}`,
      RECORDED,
    ],
    [
      'does not keep the outage of another endpoint',
      down('kms.b', NEVER),
      old('False', EARLIER),
      'False Unavailable: kms.b has not responded since 2026-01-02T03:04:05Z (no earlier response known)',
      RECORDED,
    ],
    [
      'takes the start from the condition of an operator that did not record the outage',
      down('kms.a', NEVER),
      old('False', EARLIER),
      'False Unavailable: kms.a has not responded since 2026-01-01T00:00:03Z (no earlier response known)',
    ],
    [
      'does not keep an outage that is over, recorded before an operator that did not know the field',
      down('kms.a', NEVER),
      old('True', 'the endpoint responds to reads'),
      'False Unavailable: kms.a has not responded since 2026-01-02T03:04:05Z (no earlier response known)',
      RECORDED,
    ],
    [
      'names the default endpoint for connections without one',
      { state: 'unreachable', sinceMs: 0, lastResponseMs: 0 },
      undefined,
      'False Unavailable: package acme has not responded since 1970-01-01T00:00:00Z (last response 1970-01-01T00:00:00Z)',
    ],
  ])('%s', (_rule, connection, before, expected, recorded) => {
    const outage = outageOf(connection, {
      defaultEndpoint: 'package acme',
      old: { condition: before, outage: recorded },
    })
    const condition = reachableCondition(connection, { generation: 2, outage, old: before })
    expect(condition && `${condition.status} ${condition.reason}: ${condition.message}`).toBe(expected)
    if (condition) expect(condition).toMatchObject({ type: 'Reachable', observedGeneration: 2 })
  })
})
