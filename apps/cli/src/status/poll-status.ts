import { isSecretSyncError, sleep, systemClock } from '@ack-secret-manager/core'
import { keyOf, liveExternalSecret } from '@ack-secret-manager/resource-view'
import { resourcesPath } from '@ack-secret-manager/resources'
import { type ClusterReader, isForbidden } from '../kube/cluster-reader.ts'
import type { Follower, FollowScope } from './follow-scope.ts'

const INTERVAL_MS = 5_000

/**
 * Lists ExternalSecrets every five seconds, for a user who may not watch them, until the signal of the reader aborts.
 * @throws SecretSyncError `AccessDenied` if the user may not list them either
 */
export async function pollStatus(
  reader: ClusterReader,
  { namespace, selector, name }: FollowScope,
  { onChange, log }: Follower,
): Promise<void> {
  const { signal } = reader
  const path = resourcesPath('ExternalSecret', namespace)
  const query = {
    ...(selector === undefined ? {} : { labelSelector: selector }),
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  }
  let known = new Set<string>()
  const poll = async (): Promise<void> => {
    try {
      const found = (await reader.list(path, 'ExternalSecrets', query)).map(liveExternalSecret)
      const keys = new Set(found.map(keyOf))
      for (const each of found) onChange(keyOf(each), each)
      for (const key of known) if (!keys.has(key)) onChange(key, undefined)
      known = keys
    } catch (error) {
      if (signal.aborted || !isSecretSyncError(error) || isForbidden(error)) throw error
      log.warn(`${error.message}; retrying in ${INTERVAL_MS / 1_000} s`)
    }
  }
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one round after the other
      await poll()
      // oxlint-disable-next-line no-await-in-loop -- the interval
      await sleep(INTERVAL_MS, { clock: systemClock, signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
