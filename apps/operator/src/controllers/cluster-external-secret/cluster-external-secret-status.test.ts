import {
  type ClusterExternalSecretStatus,
  clusterExternalSecretStatusSchema,
  LIMITS,
} from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import { type ClusterExternalSecretStatusInput, clusterExternalSecretStatus } from './cluster-external-secret-status.ts'
import { type NamespaceSummary, summarize, withOtherOperators } from './namespace-summary.ts'

const FIRST = Date.parse('2026-01-01T00:00:00Z')
const facts: ClusterExternalSecretStatusInput = {
  generation: 1,
  externalSecretName: 'web',
  problem: undefined,
  old: undefined,
  nowMs: FIRST,
}
const summary = (change: Partial<NamespaceSummary> = {}): NamespaceSummary => ({
  provisioned: [],
  failed: [],
  pending: [],
  ...change,
})
const failure = (namespace: string, reason = 'quota') => ({ namespace, reason })

/** The status that the API server stores. */
function written(
  of: NamespaceSummary | undefined,
  more: Partial<ClusterExternalSecretStatusInput> = {},
): ClusterExternalSecretStatus {
  const status = JSON.parse(
    JSON.stringify(clusterExternalSecretStatus(of, { ...facts, ...more })?.status ?? {}),
  ) as unknown
  return clusterExternalSecretStatusSchema.parse(status)
}

describe('Ready', () => {
  it.each<[string, NamespaceSummary | undefined, string, string, RegExp, string?]>([
    [
      'in all namespaces',
      summary({ provisioned: ['a', 'b'] }),
      'True',
      'Provisioned',
      /^ExternalSecret web is in 2 namespaces$/,
    ],
    ['without a selected namespace', summary(), 'True', 'NoNamespace', /^no namespace matches/],
    [
      'while writes are pending',
      summary({ provisioned: ['a'], pending: ['b', 'c'] }),
      'Unknown',
      'Progressing',
      /2 namespaces pending, 1 done/,
    ],
    [
      'while a deletion waits',
      summary({ provisioned: ['a'], pending: ['b'], waiting: 'b: ExternalSecret web is deleted later' }),
      'Unknown',
      'Progressing',
      /1 namespace pending, 1 done; b: ExternalSecret web is deleted later$/,
    ],
    [
      'after a failure',
      summary({ provisioned: ['a'], failed: [failure('b'), failure('c')], pending: ['d'] }),
      'False',
      'Degraded',
      /^ExternalSecret web failed in 2 namespaces \(b, c\): quota$/,
    ],
    [
      'after many failures',
      summary({ failed: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => failure(name)) }),
      'False',
      'Degraded',
      /failed in 6 namespaces \(a, b, c, d, e, …\): quota/,
    ],
    ['with an invalid spec', undefined, 'False', 'InvalidSpec', /^spec.a: wrong$/, 'spec.a: wrong'],
    [
      'with a partly invalid spec',
      summary({ provisioned: ['a'] }),
      'False',
      'InvalidSpec',
      /^spec.b: wrong$/,
      'spec.b: wrong',
    ],
  ])('%s', (_where, of, status, reason, message, problem?) => {
    const { conditions } = written(of, { problem })
    expect(conditions).toMatchObject([{ type: 'Ready', status, reason, observedGeneration: 1 }])
    expect(conditions[0]?.message).toMatch(message)
  })
})

describe('a status', () => {
  it('is written only if it changes', () => {
    const done = summary({ provisioned: ['a'], failed: [failure('b')] })
    const old = written(done)
    const later = { old, nowMs: FIRST + 60_000 }
    expect(clusterExternalSecretStatus(done, { ...facts, ...later })).toBeUndefined()
    expect(clusterExternalSecretStatus(done, { ...facts, ...later, generation: 2 })).toBeDefined()
    const more = written(summary({ provisioned: ['a', 'c'], failed: [failure('b')] }), later)
    expect(more.conditions[0]?.lastTransitionTime).toBe('2026-01-01T00:00:00Z')
    expect(written(summary({ provisioned: ['a'] }), later).conditions[0]?.lastTransitionTime).toBe(
      '2026-01-01T00:01:00Z',
    )
  })

  it('of the Go operator is rewritten', () => {
    const old = clusterExternalSecretStatusSchema.parse({
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z' }],
      externalSecretName: 'web',
      provisionedNamespaces: ['a'],
    })
    expect(written(summary({ provisioned: ['a'] }), { old }).conditions).toMatchObject([
      { reason: 'Provisioned', lastTransitionTime: '2025-01-01T00:00:00Z' },
    ])
  })

  it('keeps its lists while the spec is invalid', () => {
    const old = written(summary({ provisioned: ['a'] }))
    expect(written(undefined, { old, externalSecretName: undefined, problem: 'spec: wrong' })).toMatchObject({
      externalSecretName: 'web',
      provisionedNamespaces: ['a'],
    })
    const never = written(undefined, { externalSecretName: undefined, problem: 'spec: wrong' })
    expect(
      clusterExternalSecretStatus(undefined, {
        ...facts,
        externalSecretName: undefined,
        problem: 'spec: wrong',
        old: never,
      }),
    ).toBeUndefined()
  })

  it('stays below the size limit of etcd, and says that it is truncated', () => {
    const name = (index: number): string => `${String(index).padStart(6, '0')}-${'x'.repeat(56)}`
    const provisioned = Array.from({ length: 20_000 }, (_, index) => name(index))
    const failed = Array.from({ length: 5_000 }, (_, index) => failure(name(index), 'r'.repeat(LIMITS.failureReason)))
    const { conditions, ...lists } = written(summary({ provisioned, failed }))
    expect(lists.provisionedNamespaces).toHaveLength(LIMITS.provisionedNamespaces)
    expect(lists.failedNamespaces).toHaveLength(LIMITS.failedNamespaces)
    expect(conditions[0]?.message).toContain('in 5000 namespaces')
    expect(JSON.stringify(lists).length).toBeLessThan(700_000)
    expect(written(summary({ provisioned })).conditions[0]?.message).toContain(
      'is in 20000 namespaces; the lists in this status are truncated after',
    )
  })
})

describe('an event', () => {
  const ok = written(summary({ provisioned: ['a'] }))
  const bad = written(summary({ failed: [failure('a')] }))
  it.each<[string, NamespaceSummary, ClusterExternalSecretStatus | undefined, object | undefined]>([
    ['reports a failure', summary({ failed: [failure('a')] }), ok, { type: 'Warning', reason: 'Degraded' }],
    ['reports the recovery', summary({ provisioned: ['a'] }), bad, { type: 'Normal', reason: 'Provisioned' }],
    ['does not report a failure that moves to other namespaces', summary({ failed: [failure('b')] }), bad, undefined],
    ['does not report progress', summary({ pending: ['a'] }), ok, undefined],
    ['does not report initial success', summary({ provisioned: ['a'] }), undefined, undefined],
  ])('%s', (_what, of, old, event) => {
    const change = clusterExternalSecretStatus(of, { ...facts, old })
    if (event) expect(change?.event).toMatchObject(event)
    else expect(change?.event).toBeUndefined()
  })
})

describe('a summary', () => {
  it('is sorted by name and has the reasons', () => {
    const failures = new Map([
      ['f', 'quota'],
      ['c', 'no longer so'],
    ])
    const counted = summarize(
      [
        ['d', { step: { kind: 'refuse', reason: 'taken' }, provisioned: false }],
        ['c', { step: { kind: 'none' }, provisioned: true }],
        ['f', { step: { kind: 'update' }, provisioned: true }],
        ['b', { step: { kind: 'update' }, provisioned: true }],
        ['a', { step: { kind: 'wait', reason: 'later' }, provisioned: false }],
        ['e', { step: { kind: 'none' }, provisioned: false }],
      ],
      failures,
    )
    expect(counted).toEqual({
      provisioned: ['b', 'c'],
      failed: [failure('d', 'taken'), failure('f')],
      pending: ['b', 'a'],
      waiting: 'a: later',
    })
  })

  it('keeps the entries of another operator for its namespaces', () => {
    const old = written(summary({ provisioned: ['a', 'x'], failed: [failure('b'), failure('y')] }))
    expect(withOtherOperators(summary({ provisioned: ['b'], pending: ['a'] }), old, (name) => name > 'm')).toEqual({
      provisioned: ['b', 'x'],
      failed: [failure('y')],
      pending: ['a'],
    })
  })
})
