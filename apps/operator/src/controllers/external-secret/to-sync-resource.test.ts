import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import { toSyncResource } from './to-sync-resource.ts'

function externalSecret(generation: number, key: string, uid = 'u1', status?: object): KubeObject {
  return { metadata: { namespace: 'app', name: 'db', uid, generation }, spec: { data: [{ key, name: 'k' }] }, status }
}

const first = toSyncResource(externalSecret(1, 'one'))
const keyOf = ({ spec }: ReturnType<typeof toSyncResource>) => spec.ok && spec.value.data[0]?.key

it('parses a spec once per generation, also if the status changes', () => {
  const conditions = [
    { type: 'Ready', status: 'True', reason: 'Synced', message: '', lastTransitionTime: '2026-01-02T03:04:05Z' },
  ]
  const status = { conditions, dataSyncResults: [], secrets: [] }
  const second = toSyncResource(externalSecret(1, 'one', 'u1', status), first)
  expect(second.spec).toBe(first.spec)
  expect(second.status?.conditions).toHaveLength(1)
})

it('has the creation time', () => {
  const raw = externalSecret(1, 'one')
  const createdMs = toSyncResource({ ...raw, metadata: { ...raw.metadata, creationTimestamp: '2026-01-02T03:04:05Z' } })
  expect(createdMs).toMatchObject({ createdMs: Date.UTC(2026, 0, 2, 3, 4, 5) })
})

it.each([
  ['of the next generation', externalSecret(2, 'two')],
  ['of another object of that name', externalSecret(1, 'two', 'u2')],
])('reads the spec %s', (_which, raw) => {
  expect(keyOf(first)).toBe('one')
  expect(keyOf(toSyncResource(raw, first))).toBe('two')
})

it('keeps the part of a refresh request that counts', () => {
  const annotations = { 'alibabacloud.com/refresh-now': 'a'.repeat(200_000) }
  const raw = externalSecret(1, 'one')
  const { refreshNow } = toSyncResource({ ...raw, metadata: { ...raw.metadata, annotations } })
  expect(refreshNow).toBe('a'.repeat(256))
})
