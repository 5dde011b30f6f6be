import { SecretSyncError } from '@ack-secret-manager/core'
import {
  ContentWatch,
  type ContentWatchOptions,
  isKubeApiError,
  type KubeApiError,
} from '@ack-secret-manager/k8s-client'
import type { ResourceKey, TemplateContent, TemplateObject, TemplateSources } from '@ack-secret-manager/sync-engine'

/** Reads ConfigMaps and Secrets that hold templates, one by one, and notices at once when they change. */
export class KubeTemplateSources implements TemplateSources {
  readonly #contents: ContentWatch

  constructor(options: ContentWatchOptions) {
    this.#contents = new ContentWatch(options)
  }

  async read(
    resource: ResourceKey,
    objects: readonly TemplateObject[],
    options: { signal: AbortSignal },
  ): Promise<readonly (TemplateContent | undefined)[]> {
    try {
      return await this.#contents.read(resource, objects, options)
    } catch (error) {
      throw isKubeApiError(error) ? refused(error) : error
    }
  }

  forget(resource: ResourceKey): void {
    this.#contents.forget(resource)
  }

  close(): Promise<void> {
    return this.#contents.close()
  }
}

/** The message of the API server's answer names verb and object. */
function refused({ status, message }: KubeApiError): SecretSyncError {
  if (status !== 403) return new SecretSyncError('Unavailable', message)
  const why = `spec.target.template: ${message}; give the operator get, list and watch on configmaps and secrets there`
  return new SecretSyncError('TemplateError', why, { facts: { httpStatus: status, field: 'spec.target.template' } })
}
