import { isSecretSyncError, Semaphore } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { keyOf } from '@ack-secret-manager/resource-view'
import { PUSH_FINALIZER, pushSecretStatusSchema, resourcePath, resourcesPath } from '@ack-secret-manager/resources'
import { patchResources } from '../kube/change-external-secrets.ts'
import { type ClusterReader, crdsMissing } from '../kube/cluster-reader.ts'
import { type ChangeResult, failedChange } from '../kube/print-changes.ts'
import { listed } from '../output/listed.ts'

/** Which PushSecrets to release: one by its name, or several. */
export interface ReleaseScope {
  readonly name: string | undefined
  /** Undefined for all namespaces. */
  readonly namespace: string | undefined
  readonly selector: string | undefined
}

const MAX_CONCURRENT = 8

/** Removes the finalizer of PushSecrets, so that they can be deleted without the operator. Nothing changes in KMS. */
export async function releasePushSecrets(
  reader: ClusterReader,
  scope: ReleaseScope,
  isDryRun: boolean,
): Promise<readonly ChangeResult[]> {
  const slots = new Semaphore(MAX_CONCURRENT)
  const found = await select(reader, scope)
  return Promise.all(found.map((each) => slots.run(() => release(reader, each, isDryRun))))
}

async function select(
  reader: ClusterReader,
  { name, namespace, selector }: ReleaseScope,
): Promise<readonly KubeObject[]> {
  if (name !== undefined) {
    const key = { namespace: namespace ?? '', name }
    return [await reader.get(resourcePath('PushSecret', key.namespace, name), `PushSecret ${keyOf(key)}`)]
  }
  const where = namespace === undefined ? 'all namespaces' : `namespace ${namespace}`
  try {
    const path = resourcesPath('PushSecret', namespace)
    return await reader.list(path, `PushSecrets in ${where}`, { labelSelector: selector })
  } catch (error) {
    throw crdsMissing(error)
  }
}

async function release(reader: ClusterReader, object: KubeObject, isDryRun: boolean): Promise<ChangeResult> {
  const { namespace = '', name = '', uid, resourceVersion } = object.metadata
  const named = { kind: 'PushSecret', namespace, name } as const
  const { finalizers } = object.metadata
  const before: readonly unknown[] = Array.isArray(finalizers) ? finalizers : []
  if (!before.includes(PUSH_FINALIZER)) {
    return { ...named, result: 'unchanged', message: `has no finalizer ${PUSH_FINALIZER}` }
  }
  // With the resourceVersion, so that finalizers of others are neither lost nor restored.
  const metadata = { finalizers: before.filter((one) => one !== PUSH_FINALIZER), resourceVersion }
  const resource = { ...named, uid }
  const failures = await patchResources(reader, [resource], { patch: { metadata }, isDryRun })
  const error = failures.get(resource)
  if (isSecretSyncError(error)) return failedChange(named, error)
  const done = isDryRun ? 'released (dry run)' : 'released'
  return { ...named, result: 'done', message: `${done}; ${leftText(object)}` }
}

function leftText(object: KubeObject): string {
  const keys = pushSecretStatusSchema.safeParse(object['status'] ?? {}).data?.secrets.map(({ key }) => key) ?? []
  if (keys.length === 0) return 'it has pushed nothing'
  return `${keys.length === 1 ? 'this KMS secret stays' : `these ${keys.length} KMS secrets stay`}: ${listed(keys)}`
}
