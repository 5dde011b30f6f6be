import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { expect, it } from 'vitest'
import { ExpectedState } from '../invariants/expected-state.ts'
import { ClusterExternalSecretDriver } from './cluster-external-secret.ts'
import { RetryingApi } from './retrying-api.ts'
import { RESOURCES } from './resources.ts'

const LONG_AGO = '2020-01-01T00:00:00Z'
const NOW = new Date().toISOString()
const resource = RESOURCES.find(({ kind }) => kind === 'cluster')
if (!resource) throw new Error('the workload has no ClusterExternalSecret')

/** An API server with a ClusterExternalSecret and its ExternalSecrets, which a DELETE does not remove. */
function opened(time: string) {
  const asked: string[] = []
  const expectedState = new ExpectedState()
  let isThere = true
  const request = async (method: string, path: string) => {
    if (method !== 'GET') asked.push(`${method} ${path.split('/').slice(-3).join('/')}`)
    const isMaker = path.includes('/clusterexternalsecrets')
    if (isMaker && method === 'DELETE') isThere = false
    const made = {
      uid: `made ${path}`,
      ownerReferences: [{ uid: 'maker' }],
      creationTimestamp: time,
      managedFields: [{ time: NOW }],
    }
    return {
      status: isMaker && !isThere && method === 'GET' ? 404 : 200,
      body: { metadata: isMaker ? { uid: 'maker' } : made },
    }
  }
  const api = new RetryingApi(request as ApiRequest)
  return {
    maker: new ClusterExternalSecretDriver({ api, expectedState, resource: resource as NonNullable<typeof resource> }),
    expectedState,
    asked,
  }
}

it.each([
  ['Orphan', LONG_AGO, false],
  ['Orphan', NOW, true],
  ['Background', LONG_AGO, true],
  ['Foreground', LONG_AGO, true],
] as const)(
  'allows the deletion of an ExternalSecret with cascade %s, written at %s: %s',
  async (cascade, time, goes) => {
    const { maker, expectedState } = opened(time)
    const uid = 'made /apis/alibabacloud.com/v1alpha1/namespaces/chaos-a/externalsecrets/cluster'
    expectedState.recordCreator(uid, 'maker')
    expect(expectedState.goesWithCreator(uid)).toBe(false)
    await maker.do({ kind: 'delete-cluster', cascade, isHeld: false })
    expect(expectedState.goesWithCreator(uid)).toBe(goes)
    expect(expectedState.mayGo('chaos-a/cluster', { uid: 'secret', ownerUid: uid })).toBe(goes)
  },
)

it('deletes orphaned ExternalSecrets before it is created again, because they are not adopted', async () => {
  const { maker, asked } = opened(LONG_AGO)
  await maker.do({ kind: 'delete-cluster', cascade: 'Orphan', isHeld: false })
  await maker.do({ kind: 'create-cluster' })
  await maker.returned
  expect(asked.map((line) => line.split(' ')[0])).toEqual(['DELETE', 'DELETE', 'DELETE', 'POST'])
})
