import { setTimeout as pause } from 'node:timers/promises'
import type { ExpectedState } from '../invariants/expected-state.ts'
import type { Deletion } from './action.ts'
import type { FoundObject, RetryingApi } from './retrying-api.ts'

/** A finalizer of another controller. */
const FOREIGN_FINALIZER = 'chaos.example/hold'
/** Time until the garbage collector knows a new owner. Before that it may collect the Secret. */
export const KNOWN_AFTER_MS = 5_000
/** Attempts to patch despite status updates of the operator. */
const HOLD_ATTEMPTS = 20
/** The garbage collector discovers the CRDs 30 s after its start, and changes late after a restart of the API server. */
const GONE_DEADLINE_MS = 120_000
const POLL_MS = 100

/** Target of a deletion. */
export interface DeletionTarget {
  readonly api: RetryingApi
  readonly expectedState: ExpectedState
  /** Path of the ExternalSecret. */
  readonly path: string
  /** Path of its Secret. */
  readonly secretPath: string
}

/**
 * Deletes the ExternalSecret that exists now, and none that is created later under its name.
 * @param note called before the deletion where there is something to delete
 */
export async function deleteResource(
  { api, expectedState, path, secretPath }: DeletionTarget,
  { cascade, isHeld }: Deletion,
  note: () => void,
): Promise<void> {
  const found = isHeld ? await hold(api, path) : await api.find(path)
  if (!found) return
  const { uid } = found.metadata
  const secret = cascade === 'Orphan' ? await api.find(secretPath) : undefined
  const propagationPolicy = secret && !isRecorded(secret) ? 'Background' : cascade
  expectedState.allowEndOf(uid)
  if (secret && propagationPolicy === 'Orphan' && isKnownOwner(secret, uid))
    expectedState.orphan(uid, secret.metadata.uid)
  note()
  await api.delete(path, { preconditions: { uid }, propagationPolicy })
}

/** Removes the finalizer from a terminating ExternalSecret and waits for its deletion. @throws Error when it stays */
export async function finishDeletion({ api, path }: Pick<DeletionTarget, 'api' | 'path'>): Promise<void> {
  const endMs = performance.now() + GONE_DEADLINE_MS
  for (;;) {
    const found = await api.find(path)
    if (found?.metadata.deletionTimestamp === undefined) return
    const { finalizers = [], uid, resourceVersion } = found.metadata
    if (finalizers.includes(FOREIGN_FINALIZER)) {
      const others = finalizers.filter((name) => name !== FOREIGN_FINALIZER)
      await api.patch(path, { metadata: { uid, resourceVersion, finalizers: others } })
      continue
    }
    if (performance.now() > endMs) throw new Error(`${path} keeps its finalizers ${finalizers.join(', ')}`)
    await pause(POLL_MS)
  }
}

/** Adds the foreign finalizer to an existing object without removing finalizers that another controller adds meanwhile. */
export async function hold(api: RetryingApi, path: string): Promise<FoundObject | undefined> {
  for (let attempt = 0; attempt < HOLD_ATTEMPTS; attempt += 1) {
    const found = await api.find(path)
    const { uid, resourceVersion, finalizers = [] } = found?.metadata ?? {}
    if (!found || finalizers.includes(FOREIGN_FINALIZER)) return found
    await api.patch(path, { metadata: { uid, resourceVersion, finalizers: [...finalizers, FOREIGN_FINALIZER] } })
  }
  throw new Error(`${path} changes too often to add a finalizer`)
}

/** Without its record, an orphan is a foreign Secret, which the operator refuses. A record that was removed comes back when a replica runs. */
function isRecorded({ metadata: { annotations = {} } }: FoundObject): boolean {
  return annotations['alibabacloud.com/provenance'] !== undefined
}

/** Whether the garbage collector has had time to learn this owner. */
function isKnownOwner(
  { metadata: { ownerReferences = [], managedFields = [] } }: FoundObject,
  ownerUid: string,
): boolean {
  const lastWriteMs = Math.max(...managedFields.map(({ time }) => Date.parse(time)))
  return ownerReferences.some(({ uid }) => uid === ownerUid) && lastWriteMs < Date.now() - KNOWN_AFTER_MS
}
