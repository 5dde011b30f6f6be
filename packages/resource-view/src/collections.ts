import { inNamespace } from '@ack-secret-manager/k8s-client'

/** Path of a collection; in all namespaces without `namespace`. */
export function collectionPath(path: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === '' ? path : inNamespace(path, namespace)
}

/** Path of one object of a collection. */
export function objectPath(collection: string, name: string): string {
  return `${collection}/${encodeURIComponent(name)}`
}
