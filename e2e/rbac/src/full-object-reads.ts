import type { RecordedCall } from '@ack-secret-manager/test-support/fault-proxy'

const COLLECTION = /^\/api\/v1\/(?:namespaces\/[^/]+\/)?(secrets|configmaps|serviceaccounts)$/
const OBJECT = /^\/api\/v1\/namespaces\/([^/]+)\/(secrets|configmaps)\/([^/]+)$/
const METADATA = /^application\/json;as=PartialObjectMetadata(List)?;/
const METADATA_KINDS: ReadonlySet<string> = new Set(['PartialObjectMetadata', 'PartialObjectMetadataList', 'Status'])

/** Lists and watches of Secrets, ConfigMaps and ServiceAccounts that requested or received more than metadata, with the returned kinds. */
export function wholeCollections(calls: readonly RecordedCall[]): string[] {
  return collections(calls).flatMap(({ path, isWatch, accept, kinds }) => {
    if (METADATA.test(accept) && [...kinds].every((kind) => METADATA_KINDS.has(kind))) return []
    return `${isWatch ? 'watch' : 'list'} ${path}: asked for ${accept}, got ${[...kinds].join(', ')}`
  })
}

/** Lists and watches of Secrets, ConfigMaps and ServiceAccounts. */
export function collections(calls: readonly RecordedCall[]): RecordedCall[] {
  return calls.filter(({ method, path }) => method === 'GET' && COLLECTION.test(path))
}

/** Secrets and ConfigMaps that were read with their content, whatever was requested: `secrets shop/db`, sorted, without duplicates. */
export function wholeObjects(calls: readonly RecordedCall[]): string[] {
  const names = calls.flatMap(({ method, path, kinds }) => {
    if (method !== 'GET') return []
    const [, namespace, resource, name] = OBJECT.exec(path) ?? []
    return resource !== undefined && (kinds.has('Secret') || kinds.has('ConfigMap'))
      ? `${resource} ${namespace}/${name}`
      : []
  })
  return [...new Set(names)].toSorted()
}
