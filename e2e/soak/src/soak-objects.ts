import {
  externalSecretManifest,
  type Manifest,
  nameOf,
  secretNameOf,
  storeManifests,
} from '@ack-secret-manager/testenv'
import { NAMESPACES } from './churn.ts'

/** A manifest with the fields of its kind. */
export type SoakObject = Manifest & Readonly<Record<string, unknown>>

const API = 'alibabacloud.com/v1alpha1'
const TEMPLATES = 'templates'
const secretStoreRef = { name: 'kms' }

/** Labels of namespaces that the ClusterExternalSecret selects, and of those that it does not. */
export const SELECTED = { soak: 'selected' }
export const PASSED_OVER = { soak: 'passed-over' }
/** Name of the ExternalSecrets that the ClusterExternalSecret creates. */
export const SHARED = 'shared'
/** Added through the control port, because the seed has one key. */
export const OTHER_KEY = { id: 'LTAI5tSoakOther', secret: 'soak-only-not-a-real-secret' }
/** Secret with another key, for changed stores. */
export const OTHER_CREDENTIAL = 'other-access-key'

export function namespaceOf(index: number): string {
  return `soak-${index % NAMESPACES}`
}

/** The ClusterExternalSecret, which is outside of the namespaces. */
export const CLUSTER_OBJECT: SoakObject = {
  apiVersion: API,
  kind: 'ClusterExternalSecret',
  metadata: { name: 'soak' },
  spec: {
    externalSecretName: SHARED,
    externalSecretSpec: { data: [{ key: secretNameOf(0), name: 'document', secretStoreRef }] },
    conditions: [{ namespaceSelector: { matchLabels: SELECTED } }],
  },
}

/** A namespace with its store, both credentials and the templates. */
export function namespaceObjects(name: string): SoakObject[] {
  const inside = (manifest: Manifest): SoakObject => ({
    ...manifest,
    metadata: { ...manifest.metadata, namespace: name },
  })
  const metadata = { name, labels: SELECTED }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata },
    ...storeManifests().map(inside),
    inside(credentialObject(OTHER_CREDENTIAL)),
    inside(templatesObject(0)),
  ]
}

/** A Secret with the other key. */
export function credentialObject(name: string): SoakObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: OTHER_KEY }
}

/** Templates of a namespace, in one of two states. */
export function templatesObject(state: number): SoakObject {
  const data = { dsn: `{{ .username | upper }}:{{ .password }}@db-${state}` }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: TEMPLATES }, data }
}

/** One ExternalSecret. Of ten in a namespace, one has templates, one extracts a whole document, and one is immutable. */
export function resourceObject(index: number, resources: number, namespace: string = namespaceOf(index)): SoakObject {
  const { apiVersion, kind, spec } = externalSecretManifest(index, resources)
  const key = secretNameOf(index)
  const template = { templateFrom: [{ configMap: { name: TEMPLATES, items: [{ key: 'dsn' }] } }] }
  const special = [
    { ...spec, target: { template } },
    { dataProcess: [{ extract: { key, secretStoreRef } }] },
    { ...spec, target: { immutable: true } },
  ]
  return {
    apiVersion,
    kind,
    metadata: { name: nameOf(index), namespace },
    spec: special[Math.floor(index / NAMESPACES) % 10] ?? spec,
  }
}

/** Merge patch: adds a key and shortens the interval, or restores the original spec. */
export function specChange(index: number, resources: number, isChanged: boolean): object {
  const { data = [] } = resourceObject(index, resources)['spec'] as { readonly data?: readonly object[] }
  const extra = { key: secretNameOf(index), jmesPath: [{ path: 'port', objectAlias: 'extra' }], secretStoreRef }
  if (isChanged) return { spec: { data: [...data, extra], rotationInterval: '5s' } }
  return { spec: { data: data.length === 0 ? null : data, rotationInterval: null } }
}

/** Merge patch: switches the store to the other key, or back. */
export function storeChange(isChanged: boolean): object {
  const [, store] = storeManifests() as unknown as [SoakObject, SoakObject]
  const ref = (key: string): object => ({ name: OTHER_CREDENTIAL, key })
  return {
    spec: isChanged ? { KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } } } : store['spec'],
  }
}
