import type { Sensitive, TemplateRenderer } from '@ack-secret-manager/core'
import type { TemplateObject } from './template-plan.ts'
import type { ResourceKey } from '../model/resource.ts'

/** The data of a ConfigMap or Secret by key. */
export type TemplateContent = ReadonlyMap<string, Sensitive<Uint8Array>>

/** Reads the objects that hold templates. */
export interface TemplateSources {
  /**
   * The data of each object, in the given order; undefined for an object that does not exist. From then on the implementation
   * calls `templatesChanged` when one of these objects changes.
   * @throws SecretSyncError `TemplateError` if an object may not be read; `Unavailable` | `Timeout` | `Cancelled`
   */
  read(
    resource: ResourceKey,
    objects: readonly TemplateObject[],
    options: { signal: AbortSignal },
  ): Promise<readonly (TemplateContent | undefined)[]>
  /** The resource no longer has templates. */
  forget(resource: ResourceKey): void
}

export interface Templating {
  /** Closed by the caller. */
  readonly renderer: Pick<TemplateRenderer, 'render'>
  readonly sources: TemplateSources
}
