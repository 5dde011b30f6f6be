import { isSecretSyncError, Semaphore, sleep, systemClock } from '@ack-secret-manager/core'
import { type LiveExternalSecret, liveExternalSecret } from '@ack-secret-manager/resource-view'
import { resourcePath } from '@ack-secret-manager/resources'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import { readObject } from '../sync/cluster/kube-errors.ts'

const INTERVAL_MS = 2_000
const MAX_CONCURRENT_READS = 8

/** Options of {@link pollResources}. */
export interface PollOptions {
  /** The resources to read in the next round; none ends the polling. */
  readonly remaining: () => readonly { readonly namespace: string; readonly name: string }[]
  /** Called for each read; without an object if it does not exist. */
  readonly onRead: (resource: { readonly namespace: string; readonly name: string }, found?: LiveExternalSecret) => void
}

/**
 * Gets ExternalSecrets every two seconds, for a user who may not watch them, until none remains or the signal aborts.
 * @throws SecretSyncError `AccessDenied` if the user may not get them either
 */
export async function pollResources(
  { client, signal }: Pick<ClusterReader, 'client' | 'signal'>,
  { remaining, onRead }: PollOptions,
): Promise<void> {
  const slots = new Semaphore(MAX_CONCURRENT_READS)
  const read = async (resource: { readonly namespace: string; readonly name: string }): Promise<void> => {
    const { namespace, name } = resource
    const what = `ExternalSecret ${namespace}/${name}`
    try {
      const path = resourcePath('ExternalSecret', namespace, name)
      onRead(resource, liveExternalSecret(await readObject(client, { path, what, signal })))
    } catch (error) {
      if (signal.aborted || !isSecretSyncError(error) || error.code === 'AccessDenied') throw error
      // Anything else may pass, as for a watch.
      if (error.code === 'NotFound') onRead(resource)
    }
  }
  try {
    while (remaining().length > 0) {
      await Promise.all(remaining().map((each) => slots.run(() => read(each))))
      if (remaining().length > 0) await sleep(INTERVAL_MS, { clock: systemClock, signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
