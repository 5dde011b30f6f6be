import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import { livePushSecret } from '../live-push-secret.ts'
import { pushSecretTree } from './push-secret-tree.ts'

const STORES = new Map([
  [
    'SecretStore shop/kms',
    { kind: 'SecretStore', namespace: 'shop', name: 'kms', children: [{ kind: 'Identity', name: 'i' }] },
  ],
])
const REF = { name: 'kms', namespace: 'shop', kind: 'SecretStore' }

function objectOf(spec: object, secrets: readonly object[] = [], reason?: string): KubeObject {
  const ready = { type: 'Ready', status: reason === 'Synced' ? 'True' : 'False', reason, message: 'as it is' }
  return {
    metadata: { namespace: 'shop', name: 'web' },
    spec: { secretStoreRef: { name: 'kms' }, selector: { name: 'source' }, data: [{ key: 'web' }], ...spec },
    ...(reason === undefined ? {} : { status: { conditions: [ready], secrets } }),
  }
}

const treeOf = (object: KubeObject, hasSecret = true) =>
  pushSecretTree({ resource: livePushSecret(object), hasSecret, stores: STORES })

it('shows the Secret, the store, and each KMS secret with its state below the store that it is written through', () => {
  const secrets = [
    {
      key: 'web',
      secretStoreRef: REF,
      state: 'Pushed',
      versionId: 'acksm-2-abc',
      lastPushTime: '2026-11-30T00:00:00Z',
    },
    { key: 'taken', secretStoreRef: REF, state: 'Kept', versionId: 'v1' },
    { key: 'new', secretStoreRef: REF, state: 'Pending' },
    { key: 'refused', secretStoreRef: REF, state: 'Failed', reason: 'not allowed' },
    { key: 'old', secretStoreRef: { kind: 'ClusterSecretStore', name: 'former' }, state: 'Deleting', reason: 'denied' },
  ]
  expect(treeOf(objectOf({}, secrets, 'Synced'))).toEqual({
    kind: 'PushSecret',
    namespace: 'shop',
    name: 'web',
    ready: true,
    details: 'Synced: as it is',
    children: [
      { kind: 'Secret', namespace: 'shop', name: 'source', details: 'all keys' },
      {
        kind: 'SecretStore',
        namespace: 'shop',
        name: 'kms',
        children: [
          { kind: 'Identity', name: 'i' },
          {
            kind: 'KMSSecret',
            name: 'web',
            ready: true,
            details: 'Pushed · version acksm-2-abc · pushed 2026-11-30T00:00:00Z',
          },
          { kind: 'KMSSecret', name: 'taken', ready: true, details: 'Kept · version v1' },
          { kind: 'KMSSecret', name: 'new', details: 'Pending' },
          { kind: 'KMSSecret', name: 'refused', ready: false, details: 'Failed: not allowed' },
        ],
      },
      {
        kind: 'ClusterSecretStore',
        name: 'former',
        details: 'not found, or not visible to you',
        children: [{ kind: 'KMSSecret', name: 'old', ready: false, details: 'Deleting: denied' }],
      },
    ],
  })
})

it.each([
  ['one key', { data: [{ key: 'a', secretKey: 'password' }] }, 'key password'],
  [
    'several keys, each once',
    { data: ['a', 'b', 'a'].map((secretKey, at) => ({ key: `k${at}`, secretKey })) },
    'keys a, b',
  ],
  ['the selected keys', { selector: { name: 'source', keys: ['x', 'y'] } }, 'keys x, y'],
])('names what is pushed: %s', (_what, spec, details) =>
  expect(treeOf(objectOf(spec)).children?.[0]).toMatchObject({ kind: 'Secret', details }),
)

it('says what is not known', () => {
  expect(treeOf(objectOf({}), false)).toMatchObject({
    ready: false,
    details: 'the operator has not reported on it yet',
    children: [{ kind: 'Secret', details: 'not found, or not visible to you' }, { kind: 'SecretStore' }],
  })
  const invalid = objectOf({ data: [] }, [{ key: 'web', secretStoreRef: REF, state: 'Pushed' }], 'InvalidSpec')
  expect(treeOf(invalid).children).toMatchObject([{ kind: 'SecretStore', children: [{}, { name: 'web' }] }])
})
