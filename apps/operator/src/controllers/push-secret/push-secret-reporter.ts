import { type EventRecorder, isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { API_VERSION, resourcePath } from '@ack-secret-manager/resources'
import { isGone } from '../shared/is-gone.ts'
import { kubeRequestError } from '../shared/kube-request-error.ts'
import { type CachedPushSecret, toCachedPushSecret } from './cached-push-secret.ts'

/** Writes the status, the finalizer and the events of PushSecrets. */
export class PushSecretReporter {
  readonly #client: Pick<KubeClient, 'mergePatch'>
  readonly #events: Pick<EventRecorder, 'record'>

  constructor({
    client,
    events,
  }: {
    readonly client: Pick<KubeClient, 'mergePatch'>
    readonly events: Pick<EventRecorder, 'record'>
  }) {
    this.#client = client
    this.#events = events
  }

  /** @returns the stored resource; undefined if another client has changed it, so that it must be processed again */
  writeStatus(resource: CachedPushSecret, status: object, signal: AbortSignal): Promise<CachedPushSecret | undefined> {
    return this.#patch(resource, '/status', { status }, signal)
  }

  /** See {@link writeStatus}. */
  writeFinalizers(
    resource: CachedPushSecret,
    finalizers: readonly string[],
    signal: AbortSignal,
  ): Promise<CachedPushSecret | undefined> {
    return this.#patch(resource, '', { metadata: { finalizers } }, signal)
  }

  recordEvent(
    { namespace, name, uid }: CachedPushSecret,
    event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
  ): void {
    this.#events.record({ regarding: { apiVersion: API_VERSION, kind: 'PushSecret', namespace, name, uid }, ...event })
  }

  /** The patch names the resourceVersion, so that it never replaces a newer record of KMS secrets. */
  async #patch(
    resource: CachedPushSecret,
    subresource: '' | '/status',
    patch: { readonly metadata?: object; readonly status?: object },
    signal: AbortSignal,
  ): Promise<CachedPushSecret | undefined> {
    const { uid, resourceVersion, name } = resource
    const body = { ...patch, metadata: { ...patch.metadata, uid, resourceVersion } }
    try {
      const path = `${resourcePath('PushSecret', resource.namespace, resource.name)}${subresource}`
      return toCachedPushSecret(await this.#client.mergePatch(path, body, { signal }), resource)
    } catch (error) {
      // The watch delivers the current state.
      if (isGone(error) || isKubeApiError(error, 409)) return undefined
      throw kubeRequestError(error, `PushSecret ${name}`)
    }
  }
}
