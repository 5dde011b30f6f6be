import { isSecretSyncError, sleep, systemClock } from '@ack-secret-manager/core'
import { InputError } from '../input-error.ts'
import type { ManifestReader } from '../manifests/manifest-reader.ts'
import type { Log } from '../output/log.ts'
import type { SyncSession } from './sync-session.ts'

/** Interval for polling the files. File system events differ between systems and miss changes by editors and mounts. */
const POLL_MS = 2_000
/** Interval for rechecking stores, and namespaces of the cluster, without a change of the manifests. */
const RECHECK_MS = 60_000

/** Manifests that may change. */
export type ManifestSource = Pick<ManifestReader, 'changed' | 'read' | 'followsCluster'>

/** Applies changes of the manifests to a session until the signal aborts. Invalid manifests are not applied. */
export async function followManifests(
  session: SyncSession,
  reader: ManifestSource,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  let isPending = false
  let recheckAtMs = systemClock.monotonic() + RECHECK_MS
  while (!signal.aborted) {
    try {
      await sleep(POLL_MS, { clock: systemClock, signal })
      if (!isPending && !(await reader.changed())) {
        if (systemClock.monotonic() < recheckAtMs) continue
        recheckAtMs = systemClock.monotonic() + RECHECK_MS
        await session.recheckStores(signal)
        if (reader.followsCluster) await followNamespaces(session, reader, signal)
        continue
      }
      const manifests = await reader.read(signal)
      isPending = true
      await session.replace(manifests, signal)
      isPending = false
      log.info('manifests changed and applied')
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof InputError) {
        for (const problem of error.problems) log.warn(problem)
        log.warn('manifests are invalid; keeping the previous ones')
      } else if (isSecretSyncError(error)) log.warn(error.message)
      else throw error
    }
  }
}

/** Namespaces of the cluster may have changed, so that the same manifests produce other ExternalSecrets. */
async function followNamespaces(session: SyncSession, reader: ManifestSource, signal: AbortSignal): Promise<void> {
  const manifests = await reader.read(signal)
  if (!session.hasResources(manifests)) await session.replace(manifests, signal)
}
