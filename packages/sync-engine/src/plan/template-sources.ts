import type { TemplateRenderer } from '@ack-secret-manager/core'
import type { TemplateObject } from './template-plan.ts'
import type { ResourceKey } from '../model/resource.ts'

/** What an object holds by key. */
export type TemplateContent = ReadonlyMap<string, Uint8Array>

/** Reads the objects that hold templates. */
export interface TemplateSources {
  /**
   * What each object holds, in their order; undefined for one that is not there. From then on whoever reads them tells the
   * engine (`templatesChanged`) when one of these, and no other, is no longer as this resource has read it.
   * @throws SecretSyncError `TemplateError` where one may not be read; `Unavailable` | `Timeout` | `Cancelled`
   */
  read(
    resource: ResourceKey,
    objects: readonly TemplateObject[],
    options: { signal: AbortSignal },
  ): Promise<readonly (TemplateContent | undefined)[]>
  /** The resource has no templates any more. */
  forget(resource: ResourceKey): void
}

/** What templates are rendered with. */
export interface Templating {
  /** Stays the caller's. */
  readonly renderer: Pick<TemplateRenderer, 'render'>
  readonly sources: TemplateSources
}
