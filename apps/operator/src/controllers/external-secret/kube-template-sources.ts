import { SecretSyncError } from '@ack-secret-manager/core'
import {
  ContentWatch,
  type ContentWatchOptions,
  isKubeApiError,
  type KubeApiError,
} from '@ack-secret-manager/k8s-client'
import type { ResourceKey, TemplateContent, TemplateObjectKeys, TemplateSources } from '@ack-secret-manager/sync-engine'

/** Reads the ConfigMaps and Secrets that contain templates, and watches them by name. */
export class KubeTemplateSources implements TemplateSources {
  readonly #contents: ContentWatch

  constructor(options: ContentWatchOptions) {
    this.#contents = new ContentWatch(options)
  }

  mayRead(namespace: string): boolean {
    return this.#contents.mayRead(namespace)
  }

  async read(
    resource: ResourceKey,
    objects: readonly TemplateObjectKeys[],
    options: { signal: AbortSignal },
  ): Promise<readonly (TemplateContent | undefined)[]> {
    try {
      return await this.#contents.read(resource, objects, options)
    } catch (error) {
      throw isKubeApiError(error) ? templateReadError(error) : error
    }
  }

  forget(resource: ResourceKey): void {
    this.#contents.forget(resource)
  }

  close(): Promise<void> {
    return this.#contents.close()
  }
}

/** Keeps the API server's message, because it names the verb and the object. */
function templateReadError({ status, message }: KubeApiError): SecretSyncError {
  if (status !== 403) return new SecretSyncError('Unavailable', message)
  const detail = `spec.target.template: ${message}; grant the operator get, list and watch on configmaps and secrets in this namespace`
  return new SecretSyncError('TemplateError', detail, { facts: { httpStatus: status, field: 'spec.target.template' } })
}
