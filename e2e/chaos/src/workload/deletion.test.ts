import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { expect, it } from 'vitest'
import { ExpectedState } from '../invariants/expected-state.ts'
import type { Deletion } from './action.ts'
import { deleteResource, finishDeletion } from './deletion.ts'
import { type FoundObject, RetryingApi } from './retrying-api.ts'

const PATH = '/externalsecrets/x'
const SECRET_PATH = '/secrets/x'
const HOLD = 'chaos.example/hold'
const LONG_AGO = '2020-01-01T00:00:00Z'

interface Change {
  readonly method: string
  readonly body: object | undefined
}

/** An API server with an ExternalSecret and its Secret that records all changes. */
function apiWith(resource: object | undefined, secret: object | undefined) {
  const changes: Change[] = []
  const objects = new Map<string, object | undefined>([
    [PATH, resource && { metadata: { uid: 'owner', resourceVersion: '7', ...resource } }],
    [SECRET_PATH, secret && { metadata: { uid: 'u1', resourceVersion: '8', ...secret } }],
  ])
  const request = async (method: string, path: string, body?: object) => {
    const found = objects.get(path) as FoundObject | undefined
    if (method !== 'GET') changes.push({ method, body })
    if (method === 'PATCH' && found) {
      const { metadata } = body as FoundObject
      const isGone = found.metadata.deletionTimestamp !== undefined && metadata.finalizers?.length === 0
      objects.set(path, isGone ? undefined : { metadata: { ...found.metadata, ...metadata } })
    }
    return { status: found ? 200 : 404, body: found }
  }
  return { api: new RetryingApi(request as ApiRequest), changes }
}

const owned = (time: string, uid: string = 'owner'): object => ({
  annotations: { 'alibabacloud.com/provenance': '{}' },
  ownerReferences: [{ uid }],
  managedFields: [{ time }],
})
const orphan: Deletion = { cascade: 'Orphan', isHeld: false }

it.each<[string, Deletion, object | undefined, boolean]>([
  ['stays with the cascade Orphan', orphan, owned(LONG_AGO), true],
  ['may be deleted with the cascade Background', { cascade: 'Background', isHeld: false }, owned(LONG_AGO), false],
  ['may be deleted with the cascade Foreground', { cascade: 'Foreground', isHeld: true }, owned(LONG_AGO), false],
  ['may be deleted if its owner was written a moment ago', orphan, owned(new Date().toISOString()), false],
  ['may be deleted with another owner', orphan, owned(LONG_AGO, 'other'), false],
  ['may be absent', orphan, undefined, false],
])('the Secret of a deleted resource %s', async (_rule, deletion, secret, isOrphaned) => {
  const { api, changes } = apiWith({}, secret)
  const expectedState = new ExpectedState()
  const noted: number[] = []
  await deleteResource({ api, expectedState, path: PATH, secretPath: SECRET_PATH }, deletion, () =>
    noted.push(changes.length),
  )
  expect(expectedState.isOrphaned({ uid: 'u1', ownerUid: 'owner' })).toBe(isOrphaned)
  expect(expectedState.mayGo('n/x', { uid: 'u1', ownerUid: 'owner' })).toBe(!isOrphaned)
  expect(changes.at(-1)).toEqual({
    method: 'DELETE',
    body: { preconditions: { uid: 'owner' }, propagationPolicy: deletion.cascade },
  })
  // The expected state allows the deletion before it happens.
  expect(noted).toEqual([changes.length - 1])
})

it('deletes a Secret without its record with the resource, because no operator may take an orphan without it', async () => {
  const { api, changes } = apiWith({}, { ...owned(LONG_AGO), annotations: {} })
  const expectedState = new ExpectedState()
  await deleteResource({ api, expectedState, path: PATH, secretPath: SECRET_PATH }, orphan, () => undefined)
  expect(expectedState.isOrphaned({ uid: 'u1', ownerUid: 'owner' })).toBe(false)
  expect(changes.at(-1)?.body).toMatchObject({ propagationPolicy: 'Background' })
})

it('adds a foreign finalizer to those of other controllers, and only in the version that it read', async () => {
  const { api, changes } = apiWith({ finalizers: ['theirs'] }, undefined)
  const target = { api, expectedState: new ExpectedState(), path: PATH, secretPath: SECRET_PATH }
  await deleteResource(target, { cascade: 'Background', isHeld: true }, () => undefined)
  const metadata = { uid: 'owner', resourceVersion: '7', finalizers: ['theirs', HOLD] }
  expect(changes.map(({ method }) => method)).toEqual(['PATCH', 'DELETE'])
  expect(changes[0]?.body).toEqual({ metadata })
})

it('deletes nothing where nothing exists', async () => {
  const { api, changes } = apiWith(undefined, undefined)
  const noted: string[] = []
  const target = { api, expectedState: new ExpectedState(), path: PATH, secretPath: SECRET_PATH }
  await deleteResource(target, { cascade: 'Orphan', isHeld: true }, () => noted.push('deletion'))
  expect([changes, noted]).toEqual([[], []])
})

it.each<[string, object | undefined, number]>([
  ['of a terminating resource', { deletionTimestamp: LONG_AGO, finalizers: [HOLD] }, 1],
  ['of no resource that is not terminating', { finalizers: [HOLD] }, 0],
  ['of nothing where the resource is gone', undefined, 0],
])('removes the foreign finalizer %s', async (_rule, resource, count) => {
  const { api, changes } = apiWith(resource, undefined)
  await finishDeletion({ api, path: PATH })
  expect(changes).toHaveLength(count)
})
