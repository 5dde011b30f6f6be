import { defined, isSecretSyncError, SecretSyncError, Semaphore } from '@ack-secret-manager/core'
import { type CommandIo, UsageError } from '@ack-secret-manager/command-line'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { type ExternalSecretResource, resourcePath } from '@ack-secret-manager/resources'
import path from 'node:path'
import { Log } from '../../output/log.ts'
import { readObject } from './kube-errors.ts'
import type { LiveOwner } from '@ack-secret-manager/sync-engine'
import type { ClusterState } from '../manifest-resources.ts'

/** Selects a cluster, like the flags of kubectl. */
export interface ClusterChoice {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
}

const MAX_CONCURRENT_LOOKUPS = 8

/** For a login in a browser. */
const LOGIN_TIMEOUT_MS = 300_000

/**
 * A client of the selected cluster, without an open connection.
 * @param io `stderr` gets what login commands print there
 * @param onOtherCluster called with a message when the context begins to name another cluster, which is not used @default printed to `stderr`
 * @throws UsageError when the kubeconfig or context is invalid
 */
export async function openCluster(
  { kubeconfig, context }: ClusterChoice,
  { cwd, stderr }: Pick<CommandIo, 'cwd'> & Partial<Pick<CommandIo, 'stderr'>>,
  onOtherCluster = (message: string): void => {
    if (stderr !== undefined) new Log(stderr, 'warn').warn(message)
  },
): Promise<KubeClient> {
  const kubeconfigPath = kubeconfig === undefined ? undefined : path.resolve(cwd, kubeconfig)
  try {
    return await KubeClient.fromKubeConfig({
      ...defined({ kubeconfigPath, context }),
      loginTimeoutMs: LOGIN_TIMEOUT_MS,
      onLoginOutput: (text) => stderr?.write(text),
      onOtherCluster,
    })
  } catch (error) {
    if (isSecretSyncError(error)) throw new UsageError(error.message)
    throw error
  }
}

/** Looks up the resource of each manifest in the cluster. */
export async function clusterStatesOf(
  client: KubeClient,
  manifests: ReadonlyMap<string, ExternalSecretResource>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ClusterState>> {
  const slots = new Semaphore(MAX_CONCURRENT_LOOKUPS)
  const states = [...manifests].map(
    async ([key, manifest]) => [key, await slots.run(() => clusterStateOf(client, manifest, signal))] as const,
  )
  return new Map(await Promise.all(states))
}

async function clusterStateOf(
  client: KubeClient,
  { metadata: { namespace, name } }: ExternalSecretResource,
  signal: AbortSignal,
): Promise<ClusterState> {
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
 * Reads an ExternalSecret of the cluster; undefined if it or its CRD does not exist.
 * @throws SecretSyncError `AccessDenied` | `Unavailable` …
 */
export async function readOwner(
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<LiveOwner | undefined> {
  const location = resourcePath('ExternalSecret', namespace, name)
  try {
    const what = `ExternalSecret ${namespace}/${name} in the cluster`
    const { metadata } = await readObject(client, { path: location, what, signal })
    const { uid, deletionTimestamp } = metadata
    return uid === undefined ? undefined : { uid, terminating: deletionTimestamp !== undefined }
  } catch (error) {
    if (isSecretSyncError(error) && error.code === 'NotFound') return undefined
    throw error
  }
}
