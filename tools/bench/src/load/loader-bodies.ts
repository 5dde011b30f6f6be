import { randomBytes } from 'node:crypto'
import { documentOf } from '@ack-secret-manager/testenv'

/** The resource that the loader updates. */
export interface LoaderOwner {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

const API_VERSION = 'alibabacloud.com/v1alpha1'
const KIND = 'ExternalSecret'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const digest = (): string => randomBytes(16).toString('base64url')

/** A Secret like the operator's for `externalSecretManifest`, with the same form and size but constant content. */
export function loaderSecret({ namespace, name, uid }: LoaderOwner, index: number): object {
  const { username, password } = JSON.parse(documentOf(index, 0)) as Record<string, string>
  const keys = ['password', 'username'].map((key) => [key, 0, digest()])
  const sources = [[`many/${name}`, 'revision-0']]
  const owners = [{ name, creation: 'owner', deletion: 'delete', digestKey: '0123abcd', keys }]
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace,
      name,
      labels: {
        'alibabacloud.com/managed-by': 'bench-loader',
        'app.kubernetes.io/managed-by': 'bench-loader',
      },
      annotations: {
        'alibabacloud.com/provenance': JSON.stringify({ v: 1, type: 'Opaque', sources, owners, sum: '0123456789ab' }),
        'alibabacloud.com/content-digest': `0123abcd:${digest()}`,
      },
      ownerReferences: [
        { apiVersion: API_VERSION, kind: KIND, name, uid, controller: true, blockOwnerDeletion: false },
      ],
    },
    type: 'Opaque',
    data: { username: base64(username ?? ''), password: base64(password ?? '') },
  }
}

/** The merge patch of a status, like the operator's after the first sync. */
export function loaderStatus({ name, uid }: LoaderOwner, now: string): object {
  const ready = { type: 'Ready', status: 'True', reason: 'Synced', message: '2 keys up to date' }
  return {
    metadata: { uid },
    status: {
      observedGeneration: 1,
      conditions: [{ ...ready, lastTransitionTime: now, observedGeneration: 1 }],
      dataSyncResults: [{ ExternalSecretKey: '', status: 'Succeeded', reason: '', synchronizationTime: now }],
      secrets: [{ key: `many/${name}`, versionStage: 'ACSCurrent', versionId: 'revision-0', type: 'Generic' }],
      target: { name, uid, keyCount: 2 },
    },
  }
}
