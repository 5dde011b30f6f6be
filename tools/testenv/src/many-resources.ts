import type { Seed } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import type { Manifest } from './manifests.ts'

const ACCESS_KEY = { id: 'LTAI5tManyResources', secret: canary('many-resources-key') }
/** Prefix of every value. */
const VALUE = canary('many-resources')
const STORE = 'kms'

/** Name of a resource and its Secret, and, after `many/`, of its secret in KMS. */
export function nameOf(index: number): string {
  return `many-${String(index).padStart(6, '0')}`
}

/** Whether a Secret belongs to one of the resources; the credential of the store does not. */
export function isNameOfMany(name: string): boolean {
  return /^many-\d{6}$/.test(name)
}

/** Name in KMS of the secret with this index. */
export function secretNameOf(index: number): string {
  return `many/${nameOf(index)}`
}

/** A document of two members, different in each revision. */
export function documentOf(index: number, revision: number): string {
  return JSON.stringify({
    username: `user-${index}`,
    password: `${VALUE}-revision-${revision}-of-${nameOf(index)}`,
    port: 5432,
  })
}

/** Seed of the simulator: `count` secrets in revision 0, and a key that may read them. */
export function seedOfMany(secrets: number): Seed {
  return {
    accessKeys: [{ ...ACCESS_KEY, allow: [{ actions: ['kms:GetSecretValue'], resources: ['many/*'] }] }],
    secrets: Array.from({ length: secrets }, (_, index) => ({
      name: secretNameOf(index),
      versions: [{ id: 'revision-0', data: documentOf(index, 0) }],
    })),
  }
}

/** Body for the control port's `PUT /secrets`: every secret in a new revision. */
export function revisionOfMany(secrets: number, revision: number): object[] {
  return Array.from({ length: secrets }, (_, index) => ({
    name: secretNameOf(index),
    data: documentOf(index, revision),
    versionId: `revision-${revision}`,
  }))
}

/** A manifest. */
export interface SpecManifest extends Manifest {
  readonly spec: object
}

/**
 * The store that reads them, and its credential.
 * @param namespace of its references, which the Go operator requires. @default that of the store
 */
export function storeManifests(namespace?: string): Manifest[] {
  const key = (name: string): object => ({ name: 'kms-access-key', namespace, key: name })
  const metadata = { name: 'kms-access-key' }
  const credential = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: ACCESS_KEY }
  const store: SpecManifest = {
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'SecretStore',
    metadata: { name: STORE },
    spec: { KMS: { KMSAuth: { accessKey: key('id'), accessKeySecret: key('secret') } } },
  }
  return [credential, store]
}

/**
 * One resource: two keys from one document.
 * @param namespace of its store, which the Go operator requires. @default that of the resource
 */
export function externalSecretManifest(index: number, secrets: number, namespace?: string): SpecManifest {
  const jmesPath = ['username', 'password'].map((path) => ({ path, objectAlias: path }))
  return {
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'ExternalSecret',
    metadata: { name: nameOf(index) },
    spec: { data: [{ key: secretNameOf(index % secrets), jmesPath, secretStoreRef: { name: STORE, namespace } }] },
  }
}

/** Runs a function for each index below `count`, with limited concurrency. @throws the first error; no more calls start after it */
export async function forEachIndex(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      try {
        await work(index)
      } catch (error) {
        next = count
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker))
}
