import {
  ACCEPT_METADATA,
  compareResourceVersions,
  type EventRecorder,
  isKubeApiError,
  type KubeClient,
} from '@ack-secret-manager/k8s-client'
import { type ExternalSecretStatus, resourcePath } from '@ack-secret-manager/resources'
import { isGone } from '../shared/is-gone.ts'
import { kubeRequestError } from '../shared/kube-request-error.ts'
import type { EventObject, SyncEvent, SyncReporter, SyncResource } from '@ack-secret-manager/sync-engine'

/** A merge patch keeps fields that it does not name. */
const ABSENT = { found: null, generated: null, target: null, lastHandledRefresh: null }
const ABSENT_IN_TARGET = { uid: null, lastChangeTime: null }

/** Writes the status and Events of ExternalSecrets. */
export class ExternalSecretReporter implements SyncReporter {
  readonly #client: Pick<KubeClient, 'mergePatch'>
  readonly #events: Pick<EventRecorder, 'record'>

  constructor(options: {
    readonly client: Pick<KubeClient, 'mergePatch'>
    readonly events: Pick<EventRecorder, 'record'>
  }) {
    this.#client = options.client
    this.#events = options.events
  }

  async writeStatus(
    { namespace, name, uid }: SyncResource,
    status: ExternalSecretStatus,
    { signal }: { signal: AbortSignal },
  ): Promise<string | undefined> {
    const path = `${resourcePath('ExternalSecret', namespace, name)}/status`
    const target = status.target && { ...ABSENT_IN_TARGET, ...status.target }
    const body = { metadata: { uid }, status: { ...ABSENT, ...status, ...(target && { target }) } }
    try {
      // Only the resourceVersion of the response is used: ask for metadata only.
      const { metadata } = await this.#client.mergePatch(path, body, { accept: ACCEPT_METADATA, signal })
      return metadata.resourceVersion
    } catch (error) {
      // The resource was deleted: its status is not needed.
      if (isGone(error)) return undefined
      // Before Kubernetes 1.33, a stored resource that breaks a rule of its CRD cannot have a status. The Event has the reason.
      const isInvalid = status.conditions.some(({ reason }) => reason === 'InvalidSpec')
      if (isInvalid && isKubeApiError(error, 422)) return undefined
      throw kubeRequestError(error, `status of ExternalSecret ${namespace}/${name}`)
    }
  }

  isNewer(version: string, than: string): boolean {
    return compareResourceVersions(version, than) > 0
  }

  recordEvent({ apiVersion, kind, namespace, name, uid }: EventObject, { type, reason, message }: SyncEvent): void {
    this.#events.record({ regarding: { apiVersion, kind, namespace, name, uid }, type, reason, message })
  }
}
