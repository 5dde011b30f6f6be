import { expect, it } from 'vitest'
import { isUnchanged, toCachedPushSecret } from './cached-push-secret.ts'

const at = (metadata: object) =>
  toCachedPushSecret({ metadata: { namespace: 'shop', name: 'web', uid: 'u1', generation: 2, ...metadata } })

it.each<[string, ReturnType<typeof at> | undefined, boolean]>([
  ['only its status has changed', at({ resourceVersion: '9' }), true],
  ['its spec has changed', at({ generation: 3 }), false],
  ['it is being deleted', at({ deletionTimestamp: '2026-01-01T00:00:00Z' }), false],
  ['it was deleted', undefined, false],
  ['it was deleted and created again', at({ uid: 'u2' }), false],
])('a run goes on: %s', (_what, latest, expected) => {
  expect(isUnchanged(at({}), latest)).toBe(expected)
})

it('keeps the part of a refresh request that counts', () => {
  expect(at({ annotations: { 'alibabacloud.com/refresh-now': 'a'.repeat(200_000) } }).refreshNow).toBe('a'.repeat(256))
})
