import { API_VERSION } from './names.ts'

/** The kinds of this API group, with their names in paths. */
export const PLURALS = {
  ExternalSecret: 'externalsecrets',
  SecretStore: 'secretstores',
  ClusterSecretStore: 'clustersecretstores',
  ClusterExternalSecret: 'clusterexternalsecrets',
  PushSecret: 'pushsecrets',
} as const

export type ResourceKind = keyof typeof PLURALS

/** Whether a kind has no namespace. */
export function isClusterScoped(kind: ResourceKind): boolean {
  return kind.startsWith('Cluster')
}

/** API path of all resources of a kind; in all namespaces without `namespace`. */
export function resourcesPath(kind: ResourceKind, namespace = ''): string {
  const scope = namespace === '' || isClusterScoped(kind) ? '' : `namespaces/${encodeURIComponent(namespace)}/`
  return `/apis/${API_VERSION}/${scope}${PLURALS[kind]}`
}

/** API path of one resource. The namespace of a cluster-scoped kind is ignored. */
export function resourcePath(kind: ResourceKind, namespace: string, name: string): string {
  return `${resourcesPath(kind, namespace)}/${encodeURIComponent(name)}`
}
