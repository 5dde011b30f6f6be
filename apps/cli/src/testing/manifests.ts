import { defined } from '@ack-secret-manager/core'
import { stringify } from 'yaml'
import { KEY } from './kms.ts'

const API_VERSION = 'alibabacloud.com/v1alpha1'

/** A SecretStore and the Secret with its credential. */
export function storeYaml({ name = 'kms', id = KEY.id, secret = KEY.secret } = {}): string {
  const credential = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-key` },
    stringData: { id },
    data: { secret: Buffer.from(secret).toString('base64') },
  }
  const ref = (key: string): object => ({ name: `${name}-key`, key })
  const store = {
    apiVersion: API_VERSION,
    kind: 'SecretStore',
    metadata: { name },
    spec: { KMS: { region: 'cn-hangzhou', KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } } },
  }
  return [credential, store].map((object) => stringify(object)).join('---\n')
}

/** An ExternalSecret as a manifest. */
export function externalSecret(name: string, spec: object, metadata: object = {}): object {
  return { apiVersion: API_VERSION, kind: 'ExternalSecret', metadata: { name, ...metadata }, spec }
}

/** {@link externalSecret} as YAML. */
export function externalSecretYaml(name: string, spec: object, metadata: object = {}): string {
  return stringify(externalSecret(name, spec, metadata))
}

/** An entry of `data` that reads a secret whole through the store `kms`. */
export function entry(key: string, name: string): object {
  return { key, name, secretStoreRef: { name: 'kms' } }
}

/** A reference of a ClusterSecretStore to a credential. */
export const KEY_REF = { name: 'kms-key', key: 'secret', namespace: 'default' }

/** A ClusterSecretStore `shared`, by default with the credential of {@link storeYaml}. */
export function clusterStoreYaml(
  KMSAuth: object = { accessKey: { ...KEY_REF, key: 'id' }, accessKeySecret: KEY_REF },
  conditions?: readonly object[],
): string {
  return stringify({
    apiVersion: API_VERSION,
    kind: 'ClusterSecretStore',
    metadata: { name: 'shared' },
    spec: { KMS: { region: 'cn-hangzhou', KMSAuth }, ...defined({ conditions }) },
  })
}
