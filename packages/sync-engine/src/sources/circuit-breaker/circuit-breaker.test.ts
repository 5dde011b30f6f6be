import { type ErrorCode, SecretSyncError } from '@ack-secret-manager/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CircuitBreaker, classifyConnection } from './circuit-breaker.ts'

type Step =
  | readonly ['fails' | 'responds' | 'joins' | 'leaves', string]
  | readonly ['probes' | 'fails-probe' | 'waits', number]

/** Carries out `steps` on a breaker of the sources a, b, c, d. */
function after(steps: readonly Step[], random = (): number => 0): CircuitBreaker {
  const breaker = new CircuitBreaker(random)
  for (const source of ['a', 'b', 'c', 'd']) breaker.join(source)
  let nowMs = 0
  for (const [step, value] of steps) {
    if (step === 'fails') breaker.failed(value, { nowMs })
    else if (step === 'responds') breaker.onResponse(value)
    else if (step === 'joins') breaker.join(value)
    else if (step === 'leaves') breaker.leave(value)
    else if (step === 'probes') breaker.probe(nowMs)
    else if (step === 'fails-probe') breaker.probeEnded(nowMs)
    else nowMs += Number(value)
  }
  return breaker
}

const OPENED: readonly Step[] = [
  ['fails', 'a'],
  ['fails', 'b'],
  ['fails', 'c'],
]

describe('a circuit breaker', () => {
  it.each<[string, readonly Step[], string]>([
    ['is closed initially', [], 'closed'],
    ['stays closed at two failures', OPENED.slice(0, 2), 'closed'],
    ['opens at the third failure without a response in between', OPENED, 'open'],
    [
      'stays closed if responses arrive in between',
      [
        ['fails', 'a'],
        ['fails', 'b'],
        ['responds', 'd'],
        ['fails', 'c'],
      ],
      'closed',
    ],
    [
      'opens at the failure of its only source',
      [
        ['leaves', 'b'],
        ['leaves', 'c'],
        ['leaves', 'd'],
        ['fails', 'a'],
      ],
      'open',
    ],
    ['is half-open while it is probed', [...OPENED, ['probes', 0]], 'half-open'],
    ['is open again when the probe fails', [...OPENED, ['probes', 0], ['fails-probe', 0]], 'open'],
    ['closes with the response to a probe', [...OPENED, ['probes', 0], ['responds', 'd']], 'closed'],
    ['closes with the response to any other read', [...OPENED, ['responds', 'd']], 'closed'],
    [
      'is not opened by sources that fail while another gets responses',
      [
        ['fails', 'a'],
        ['responds', 'd'],
        ['fails', 'a'],
        ['fails', 'a'],
        ['fails', 'a'],
      ],
      'closed',
    ],
    [
      'is opened by them when all others have been removed',
      [
        ['fails', 'a'],
        ['responds', 'd'],
        ['leaves', 'b'],
        ['leaves', 'c'],
        ['leaves', 'd'],
        ['fails', 'a'],
      ],
      'open',
    ],
    [
      'closes when all failed sources have been removed',
      [...OPENED, ['leaves', 'a'], ['leaves', 'b'], ['leaves', 'c']],
      'closed',
    ],
    ['stays open when one of the failed sources has been removed', [...OPENED, ['leaves', 'a']], 'open'],
    [
      'opens once all sources that are not isolated have failed',
      [
        ['fails', 'a'],
        ['fails', 'b'],
        ['responds', 'd'],
        ['fails', 'c'],
        ['fails', 'd'],
      ],
      'open',
    ],
    [
      'does not count an isolated source that was removed',
      [
        ['fails', 'a'],
        ['responds', 'd'],
        ['leaves', 'a'],
        ['fails', 'b'],
        ['fails', 'c'],
      ],
      'closed',
    ],
    [
      'counts a source again once it got a response',
      [['fails', 'a'], ['responds', 'd'], ['responds', 'a'], ...OPENED],
      'open',
    ],
  ])('%s', (_rule, steps, state) => {
    expect(after(steps).state).toBe(state)
  })

  it.each<[string, number, number, number]>([
    ['is 1 s initially', 0, 0, 1_000],
    ['is an eighth of the outage', 80_000, 0, 10_000],
    ['is 30 s at most', 3_600_000, 0, 30_000],
    ['is shortened by jitter of at most a quarter', 80_000, 0.999_999, 7_501],
  ])('pauses: %s', (_rule, ageMs, random, pauseMs) => {
    const breaker = after([...OPENED, ['waits', ageMs], ['probes', 0], ['fails-probe', 0]], () => random)
    expect(breaker.probeAtMs).toBe(ageMs + pauseMs)
  })

  it('respects Retry-After up to an hour', () => {
    for (const [retryAfterMs, waitsMs] of [
      [90_000, 90_000],
      [86_400_000, 3_600_000],
    ] as const) {
      const breaker = after(OPENED.slice(0, 2))
      breaker.failed('c', { nowMs: 0, retryAfterMs })
      breaker.probeSoon(10_000)
      expect(breaker.probeAtMs).toBe(waitsMs)
    }
  })

  it('probes no sooner than a second after the last probe', () => {
    const breaker = after([...OPENED, ['probes', 0], ['fails-probe', 0]])
    breaker.probeSoon(300)
    expect(breaker.probeAtMs).toBe(1_000)
  })

  it('resets pause and probes at the start of each outage', () => {
    const breaker = after([...OPENED, ['probes', 0]])
    breaker.failed('d', { nowMs: 0, retryAfterMs: 90_000 })
    breaker.onResponse('d')
    for (const source of ['b', 'c', 'd']) breaker.onResponse(source)
    for (const source of ['b', 'c', 'd']) breaker.failed(source, { nowMs: 0 })
    expect([breaker.state, breaker.probes, breaker.probeAtMs]).toEqual(['open', 0, 1_000])
  })

  it('isolates all sources that failed before a response, however many there are', () => {
    const failed = Array.from({ length: 20 }, (_, index) => `failed-${index}`)
    const steps = (step: 'joins' | 'fails'): Step[] => failed.map((source) => [step, source])
    const breaker = after([...steps('joins'), ...steps('fails'), ['responds', 'd'], ...steps('fails')])
    expect(failed.filter((source) => !breaker.isIsolated(source))).toEqual([])
    expect(breaker.state).toBe('closed')
  })

  it('is certain for a source that fails while others get responses', () => {
    const breaker = after([
      ['fails', 'a'],
      ['responds', 'd'],
      ['fails', 'b'],
      ['fails', 'c'],
      ['fails', 'd'],
    ])
    expect(breaker.state).toBe('open')
    expect(breaker.isUncertain('a')).toBe(false)
  })

  it('probes at most once a second, never while half-open, and closes with every response, in any sequence', () => {
    const anyEvent = fc.oneof(
      fc.record({
        do: fc.constantFrom('fail', 'respond', 'leave', 'join', 'soon'),
        source: fc.constantFrom('a', 'b', 'c', 'd'),
      }),
      fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 0, max: 40_000 }) }),
    )
    fc.assert(
      fc.property(
        fc.array(anyEvent, { maxLength: 200 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (events, random) => {
          const breaker = after([], () => random)
          let [nowMs, probedMs] = [0, -Infinity]
          for (const event of events) {
            if ('ms' in event) nowMs += event.ms
            else if (event.do === 'fail') {
              if (breaker.state === 'half-open') breaker.probeEnded(nowMs)
              breaker.failed(event.source, { nowMs })
            } else if (event.do === 'respond') {
              breaker.onResponse(event.source)
              expect(breaker.state).toBe('closed')
            } else if (event.do === 'leave') breaker.leave(event.source)
            else if (event.do === 'join') breaker.join(event.source)
            else breaker.probeSoon(nowMs)
            if (breaker.state !== 'open') expect(breaker.probeAtMs).toBe(Infinity)
            else {
              expect(breaker.probeAtMs).toBeLessThanOrEqual(nowMs + 30_000)
              if (breaker.probeAtMs > nowMs) continue
              if (breaker.probes > 0) expect(nowMs - probedMs).toBeGreaterThanOrEqual(1_000)
              breaker.probe(nowMs)
              probedMs = nowMs
            }
          }
        },
      ),
    )
  })
})

describe('the effect of a read on its connection', () => {
  it.each<[ErrorCode | undefined, string | undefined]>([
    [undefined, 'reachable'],
    ['NotFound', 'reachable'],
    ['AccessDenied', 'reachable'],
    ['Unauthenticated', 'reachable'],
    ['Throttled', 'reachable'],
    ['Unavailable', 'unreachable'],
    ['Timeout', 'unreachable'],
    ['InvalidResponse', 'unreachable'],
    ['Internal', undefined],
    ['Cancelled', undefined],
  ])('%s: %s', (code, result) => {
    expect(classifyConnection(code && new SecretSyncError(code, 'x'))).toBe(result)
  })

  it('counts a name that the manager rejects as malformed as a response, but not one that is refused without a call', () => {
    expect(classifyConnection(new SecretSyncError('InvalidSpec', 'x', { facts: { httpStatus: 400 } }))).toBe(
      'reachable',
    )
    expect(classifyConnection(new SecretSyncError('InvalidSpec', 'x'))).toBeUndefined()
  })
})
