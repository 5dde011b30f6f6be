import { isSecretSyncError, sleep, systemClock } from '@ack-secret-manager/core'
import { InputError } from '../input-error.ts'
import type { ManifestReader } from '../manifests/manifest-reader.ts'
import type { Log } from '../output/log.ts'
import type { SyncSession } from './sync-session.ts'

/** How often the files are looked at. Their system's own notices differ between systems and miss what editors and mounts do. */
const LOOK_MS = 2_000
/** How often stores, and namespaces of the cluster, are looked at again although their manifests are the same. */
const RECHECK_MS = 60_000

/** Keeps a session equal to its manifests until the signal aborts. Manifests that cannot be used change nothing. */
export async function followManifests(
  session: SyncSession,
  reader: ManifestReader,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  let isOwed = false
  let recheckAtMs = systemClock.monotonic() + RECHECK_MS
  while (!signal.aborted) {
    try {
      await sleep(LOOK_MS, { clock: systemClock, signal })
      if (!isOwed && !(await reader.changed())) {
        if (systemClock.monotonic() < recheckAtMs) continue
        recheckAtMs = systemClock.monotonic() + RECHECK_MS
        await session.recheckStores(signal)
        if (reader.followsCluster) await followNamespaces(session, reader, signal)
        continue
      }
      const manifests = await reader.read(signal)
      isOwed = true
      await session.replace(manifests, signal)
      isOwed = false
      log.info('the manifests have changed and are in force')
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof InputError) {
        for (const problem of error.problems) log.warn(problem)
        log.warn('the manifests as they were before stay in force')
      } else if (isSecretSyncError(error)) log.warn(error.message)
      else throw error
    }
  }
}

/** The cluster may have other namespaces by now, and the same files ask for other resources. */
async function followNamespaces(session: SyncSession, reader: ManifestReader, signal: AbortSignal): Promise<void> {
  const manifests = await reader.read(signal)
  if (!session.hasResources(manifests)) await session.replace(manifests, signal)
}
