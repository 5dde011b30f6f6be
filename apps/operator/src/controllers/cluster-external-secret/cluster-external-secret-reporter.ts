import { ACCEPT_METADATA, type EventRecorder, isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { API_VERSION, resourcePath } from '@ack-secret-manager/resources'
import type { StatusChange } from '../../status/ready-status.ts'
import { isGone } from '../shared/is-gone.ts'
import { kubeRequestError } from '../shared/kube-request-error.ts'
import type { CachedClusterExternalSecret } from './cached-cluster-external-secret.ts'

/** Writes the status and Events of ClusterExternalSecrets. */
export class ClusterExternalSecretReporter {
  readonly #client: KubeClient
  readonly #events: Pick<EventRecorder, 'record'>

  constructor({ client, events }: { readonly client: KubeClient; readonly events: Pick<EventRecorder, 'record'> }) {
    this.#client = client
    this.#events = events
  }

  /**
   * @returns false if the resource has changed in the meantime and the status must be recomputed
   * @throws SecretSyncError when the API server rejects the write or is unavailable
   */
  async writeStatus(
    resource: CachedClusterExternalSecret,
    { status, event }: StatusChange,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { name, uid, resourceVersion } = resource
    const patch = { metadata: { uid, resourceVersion }, status }
    try {
      // The response is unused, and the list of namespaces may be long: ask for metadata only.
      const path = `${resourcePath('ClusterExternalSecret', '', name)}/status`
      await this.#client.mergePatch(path, patch, { accept: ACCEPT_METADATA, signal })
    } catch (error) {
      if (isKubeApiError(error, 409)) return false
      // The resource was deleted: its status is not needed.
      if (isGone(error)) return true
      throw kubeRequestError(error, `status of ClusterExternalSecret ${name}`)
    }
    if (event) this.recordEvent(resource, event)
    return true
  }

  recordEvent({ name, uid }: CachedClusterExternalSecret, event: NonNullable<StatusChange['event']>): void {
    const regarding = { apiVersion: API_VERSION, kind: 'ClusterExternalSecret', namespace: '', name, uid }
    this.#events.record({ regarding, ...event })
  }
}
