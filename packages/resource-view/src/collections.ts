import { inNamespace } from '@ack-secret-manager/k8s-client'
import { GROUP, VERSION } from '@ack-secret-manager/resources'

/** Kinds of this API group. */
export type ResourceKind =
  | 'ExternalSecret'
  | 'SecretStore'
  | 'ClusterSecretStore'
  | 'ClusterExternalSecret'
  | 'PushSecret'

const PLURALS: Readonly<Record<ResourceKind, string>> = {
  ExternalSecret: 'externalsecrets',
  SecretStore: 'secretstores',
  ClusterSecretStore: 'clustersecretstores',
  ClusterExternalSecret: 'clusterexternalsecrets',
  PushSecret: 'pushsecrets',
}

/** Whether a kind has no namespace. */
export function isClusterScoped(kind: ResourceKind): boolean {
  return kind.startsWith('Cluster')
}

/** Path of all resources of a kind; in all namespaces without `namespace`. */
export function resourcesPath(kind: ResourceKind, namespace?: string): string {
  return collectionPath(`/apis/${GROUP}/${VERSION}/${PLURALS[kind]}`, isClusterScoped(kind) ? undefined : namespace)
}

/** Path of one resource. */
export function resourcePath(kind: ResourceKind, namespace: string, name: string): string {
  return objectPath(resourcesPath(kind, namespace), name)
}

/** Path of a collection; in all namespaces without `namespace`. */
export function collectionPath(path: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === '' ? path : inNamespace(path, namespace)
}

/** Path of one object of a collection. */
export function objectPath(collection: string, name: string): string {
  return `${collection}/${encodeURIComponent(name)}`
}
