import { isSecretSyncError, Semaphore } from '@ack-secret-manager/core'
import { inNamespace, KubeClient } from '@ack-secret-manager/k8s-client'
import { type ExternalSecretResource, GROUP, VERSION } from '@ack-secret-manager/resources'
import { UsageError } from '../input-error.ts'
import { answered } from './cluster-answer.ts'
import type { Standing } from './manifest-resources.ts'

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
  const path = `${inNamespace(`/apis/${GROUP}/${VERSION}/externalsecrets`, namespace)}/${encodeURIComponent(name)}`
  try {
    const { metadata } = await answered(`ExternalSecret ${namespace}/${name} in the cluster`, () =>
      client.get(path, { signal }),
    )
    return metadata.uid === undefined ? { kind: 'absent' } : { kind: 'present', uid: metadata.uid }
  } catch (error) {
    if (!isSecretSyncError(error) || error.code === 'Cancelled') throw error
    // Also where the cluster does not know the kind.
    return error.code === 'NotFound' ? { kind: 'absent' } : { kind: 'unknown', error }
  }
}
