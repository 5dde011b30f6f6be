import { ACCEPT_METADATA, type EventRecorder, isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { API_VERSION, GROUP, VERSION } from '@ack-secret-manager/resources'
import type { ClusterExternalSecretNews } from './cluster-external-secret-status.ts'
import { isGone } from '../shared/is-gone.ts'
import { refusalOf } from '../shared/kube-request-error.ts'
import type { SeenClusterExternalSecret } from './cached-cluster-external-secret.ts'

/** Collection of all ClusterExternalSecrets. */
export const CLUSTER_EXTERNAL_SECRETS = `/apis/${GROUP}/${VERSION}/clusterexternalsecrets`

/** Tells what happened in the status of a ClusterExternalSecret and in Events. */
export class ClusterExternalSecretReporter {
  readonly #client: KubeClient
  readonly #events: Pick<EventRecorder, 'record'>

  constructor({ client, events }: { readonly client: KubeClient; readonly events: Pick<EventRecorder, 'record'> }) {
    this.#client = client
    this.#events = events
  }

  /**
   * @returns false where it has changed since it was seen, and the status has to be thought over
   * @throws SecretSyncError when the API server refuses it, or is away
   */
  async writeStatus(
    seen: SeenClusterExternalSecret,
    { status, event }: ClusterExternalSecretNews,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { name, uid, resourceVersion } = seen
    const patch = { metadata: { uid, resourceVersion }, status }
    try {
      // The answer is not looked at, and a list of namespaces may be long.
      const path = `${CLUSTER_EXTERNAL_SECRETS}/${name}/status`
      await this.#client.mergePatch(path, patch, { accept: ACCEPT_METADATA, signal })
    } catch (error) {
      if (isKubeApiError(error, 409)) return false
      // Nobody is left to be told.
      if (isGone(error)) return true
      throw refusalOf(error, `status of ClusterExternalSecret ${name}`)
    }
    if (event) this.tell(seen, event)
    return true
  }

  tell({ name, uid }: SeenClusterExternalSecret, event: NonNullable<ClusterExternalSecretNews['event']>): void {
    const regarding = { apiVersion: API_VERSION, kind: 'ClusterExternalSecret', namespace: '', name, uid }
    this.#events.record({ regarding, ...event })
  }
}
