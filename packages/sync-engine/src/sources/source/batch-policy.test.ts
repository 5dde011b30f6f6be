import { SecretSyncError } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { BatchPolicy } from './batch-policy.ts'
import type { Source } from './source.ts'

/** A source of one of many connections, each of which is another identity. */
function sourceOf(connection: number): Source {
  const backend = { batch: { maxRefs: 20, keyOf: () => 'db' }, readMany: async () => [] }
  return {
    ref: { name: 'db' },
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

it.each<[string, SecretSyncError]>([
  ['an outage', new SecretSyncError('Unavailable', 'down')],
  ['a denial of the call', new SecretSyncError('AccessDenied', 'no', { facts: { batch: 'denied' } })],
  ['an unknown call', new SecretSyncError('InvalidResponse', 'what', { facts: { batch: 'unsupported' } })],
])(
  'remembers %s for 10,000 connections at most, because a tenant can change its credential without end',
  (_what, error) => {
    const policy = new BatchPolicy({ monotonic: () => 0, isReachable: () => true })
    for (let connection = 0; connection <= 10_000; connection += 1) {
      const source = sourceOf(connection)
      policy.failed([source, source], error, 0, { isComplete: true })
    }
    expect([0, 1, 10_000].map((connection) => policy.share(sourceOf(connection), 0) !== undefined)).toEqual([
      true,
      false,
      false,
    ])
  },
)
