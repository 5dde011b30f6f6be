import { isSecretSyncError, SecretSyncError, Semaphore } from '@ack-secret-manager/core'
import { inNamespace, KubeClient } from '@ack-secret-manager/k8s-client'
import { type ExternalSecretResource, GROUP, VERSION } from '@ack-secret-manager/resources'
import { UsageError } from '../../input-error.ts'
import { answered } from './cluster-answer.ts'
import type { LiveOwner } from '@ack-secret-manager/sync-engine'
import type { Standing } from '../manifest-resources.ts'

/** Which cluster, in the words of kubectl. */
export interface ClusterChoice {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
}

const MAX_CONCURRENT_LOOKUPS = 8

/** A client of the chosen cluster. Opens no connection yet. @throws UsageError when there is no such choice */
export async function openCluster({ kubeconfig, context }: ClusterChoice): Promise<KubeClient> {
  try {
    return await KubeClient.fromKubeConfig({
      ...(kubeconfig === undefined ? {} : { kubeconfigPath: kubeconfig }),
      ...(context === undefined ? {} : { context }),
    })
  } catch (error) {
    if (isSecretSyncError(error)) throw new UsageError(error.message)
    throw error
  }
}

/** Looks up, for each manifest, whether the cluster has the resource. */
export async function standingsOf(
  client: KubeClient,
  manifests: ReadonlyMap<string, ExternalSecretResource>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Standing>> {
  const places = new Semaphore(MAX_CONCURRENT_LOOKUPS)
  const standings = [...manifests].map(
    async ([key, manifest]) => [key, await places.run(() => standingOf(client, manifest, signal))] as const,
  )
  return new Map(await Promise.all(standings))
}

async function standingOf(
  client: KubeClient,
  { metadata: { namespace, name } }: ExternalSecretResource,
  signal: AbortSignal,
): Promise<Standing> {
  try {
    const owner = await readOwner(client, { namespace, name }, signal)
    if (!owner) return { kind: 'absent' }
    if (!owner.terminating) return { kind: 'present', uid: owner.uid }
    const why = `ExternalSecret ${namespace}/${name} is being deleted in the cluster: nothing is written for it`
    return { kind: 'unknown', error: new SecretSyncError('TargetConflict', why) }
  } catch (error) {
    if (!isSecretSyncError(error) || error.code === 'Cancelled') throw error
    return { kind: 'unknown', error }
  }
}

/**
 * Reads an ExternalSecret of the cluster; undefined when it is not there, or the cluster does not know the kind.
 * @throws SecretSyncError `AccessDenied` | `Unavailable` …
 */
export async function readOwner(
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<LiveOwner | undefined> {
  const path = `${inNamespace(`/apis/${GROUP}/${VERSION}/externalsecrets`, namespace)}/${encodeURIComponent(name)}`
  try {
    const { metadata } = await answered(`ExternalSecret ${namespace}/${name} in the cluster`, () =>
      client.get(path, { signal }),
    )
    const { uid, deletionTimestamp } = metadata
    return uid === undefined ? undefined : { uid, terminating: deletionTimestamp !== undefined }
  } catch (error) {
    if (isSecretSyncError(error) && error.code === 'NotFound') return undefined
    throw error
  }
}
