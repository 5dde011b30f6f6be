import { describe, expect, it } from 'vitest'
import { type OperatorTraces, operatorHome, severalText } from './operator-home.ts'

const deployment = (namespace: string, serviceAccountName?: string) => ({
  metadata: { namespace, name: 'asm' },
  spec: { template: { spec: { serviceAccountName } } },
})
const lease = (namespace: string) => ({ metadata: { namespace, name: 'ack-secret-manager' } })
const binding = (
  namespace: string,
  name: string,
  role = 'ack-secret-manager',
  labels = {},
  kind = 'ServiceAccount',
) => ({
  metadata: { name: 'b', labels },
  roleRef: { kind: 'ClusterRole', name: role },
  subjects: [{ kind, name, namespace }],
})
const LABELS = { 'app.kubernetes.io/name': 'ack-secret-manager' }
const one = (namespace: string, confirmed: boolean) => ({ kind: 'one', namespace, confirmed })

describe('the namespace of the operator', () => {
  it.each<[string, Partial<OperatorTraces>, object]>([
    ['nothing', {}, { kind: 'none' }],
    ['a Lease', { leases: [lease('a')] }, one('a', false)],
    ['a Deployment', { deployments: [deployment('a')] }, one('a', false)],
    ['both', { deployments: [deployment('a')], leases: [lease('a')] }, one('a', false)],
    [
      'those of two namespaces',
      { deployments: [deployment('b')], leases: [lease('a')] },
      { kind: 'several', namespaces: ['a', 'b'] },
    ],
    [
      'a bound one and forged ones',
      {
        deployments: [deployment('aaa-evil'), deployment('ops', 'sa')],
        leases: [lease('aaa-evil')],
        bindings: [binding('ops', 'sa')],
      },
      one('ops', true),
    ],
    [
      'one bound by the label of the chart',
      { deployments: [deployment('ops', 'sa')], bindings: [binding('ops', 'sa', 'other', LABELS)] },
      one('ops', true),
    ],
    [
      'one bound to another role',
      { deployments: [deployment('a', 'sa')], bindings: [binding('a', 'sa', 'edit')] },
      one('a', false),
    ],
    [
      'a user with the name of its ServiceAccount',
      { deployments: [deployment('a', 'sa')], bindings: [binding('a', 'sa', undefined, {}, 'User')] },
      one('a', false),
    ],
    [
      'the same ServiceAccount of another namespace',
      { deployments: [deployment('a', 'sa')], bindings: [binding('ops', 'sa')] },
      one('a', false),
    ],
    [
      'two bound ones',
      {
        deployments: [deployment('b', 'sa'), deployment('a', 'sa')],
        bindings: [binding('a', 'sa'), binding('b', 'sa')],
      },
      { kind: 'several', namespaces: ['a', 'b'] },
    ],
  ])('%s', (_what, traces, home) => {
    expect(operatorHome({ deployments: [], leases: [], bindings: [], ...traces })).toEqual(home)
  })

  it('names a few of several', () => {
    expect(severalText(['a', 'b'])).toBe('several operators found: a, b; use --operator-namespace')
    expect(severalText(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe(
      'several operators found: a, b, c, d, e and 2 more; use --operator-namespace',
    )
  })
})
