import { isSecretSyncError, Semaphore, type SecretSyncError } from '@ack-secret-manager/core'
import { labelOf } from '@ack-secret-manager/resource-view'
import { type ResourceKind, resourcePath } from '@ack-secret-manager/resources'
import { withKubeErrors } from '../sync/cluster/kube-errors.ts'
import type { ClusterReader } from './cluster-reader.ts'

/** Field manager of changes that this command makes to resources. */
const FIELD_MANAGER = 'acksm'
const MAX_CONCURRENT_PATCHES = 8

/** A resource to change. The uid is a precondition, so that no recreated resource is changed. */
export interface Changed {
  readonly kind: ResourceKind
  readonly namespace: string
  readonly name: string
  readonly uid: string | undefined
}

/** Patches resources. Resolves with the error of each one that could not be patched. */
export async function patchResources<T extends Changed>(
  { client, signal }: ClusterReader,
  resources: readonly T[],
  { patch, isDryRun }: { readonly patch: object; readonly isDryRun: boolean },
): Promise<ReadonlyMap<T, SecretSyncError>> {
  const failures = new Map<T, SecretSyncError>()
  const slots = new Semaphore(MAX_CONCURRENT_PATCHES)
  const query = { fieldManager: FIELD_MANAGER, ...(isDryRun ? { dryRun: 'All' } : {}) }
  const change = async (resource: T): Promise<void> => {
    const { kind, namespace, name, uid } = resource
    const body = withUid(patch, uid)
    try {
      await withKubeErrors(labelOf(resource), () =>
        client.mergePatch(resourcePath(kind, namespace, name), body, { signal, query }),
      )
    } catch (error) {
      if (!isSecretSyncError(error) || signal.aborted) throw error
      failures.set(resource, error)
    }
  }
  await Promise.all(resources.map((resource) => slots.run(() => change(resource))))
  return failures
}

function withUid(patch: object, uid: string | undefined): object {
  const { metadata = {}, ...rest } = patch as { readonly metadata?: object }
  return { ...rest, metadata: { ...metadata, ...(uid === undefined ? {} : { uid }) } }
}
