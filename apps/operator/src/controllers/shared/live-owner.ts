import { ACCEPT_METADATA_LIST, type KubeClient, type ObjectMeta } from '@ack-secret-manager/k8s-client'
import { resourcesPath } from '@ack-secret-manager/resources'
import type { LiveOwner, SyncResource } from '@ack-secret-manager/sync-engine'
import { kubeRequestError } from './kube-request-error.ts'

/** Reads an ExternalSecret from the API server, not from a cache. @throws SecretSyncError as {@link readLiveOwner} */
export function readExternalSecretOwner(
  client: Pick<KubeClient, 'list'>,
  { namespace, name }: Pick<SyncResource, 'namespace' | 'name'>,
  signal: AbortSignal,
): Promise<LiveOwner | undefined> {
  return readLiveOwner(client, resourcesPath('ExternalSecret', namespace), name, signal)
}

/** Reads an owner from the API server, not from a cache. @throws SecretSyncError as {@link readLiveMetadata} */
export async function readLiveOwner(...args: Parameters<typeof readLiveMetadata>): Promise<LiveOwner | undefined> {
  const found = await readLiveMetadata(...args)
  if (found === undefined) return undefined
  const { uid = '', deletionTimestamp, generation } = found
  return { uid, terminating: deletionTimestamp !== undefined, generation }
}

/**
 * Reads the metadata of an object from the API server, not from a cache. A list with a field selector needs no permission beyond those of
 * the watch.
 * @param path of its collection
 * @throws SecretSyncError `WriteDenied` | `WriteFailed` | `Unavailable` | `Timeout`
 */
export async function readLiveMetadata(
  client: Pick<KubeClient, 'list'>,
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<ObjectMeta | undefined> {
  const query = { fieldSelector: `metadata.name=${name}` }
  try {
    const { items } = await client.list(path, { query, accept: ACCEPT_METADATA_LIST, signal })
    return items[0]?.metadata
  } catch (error) {
    throw kubeRequestError(error, `reading ${path}/${name}`)
  }
}
