import type { Sensitive, TemplateRenderer } from '@ack-secret-manager/core'
import type { TemplateObjectKeys } from './template-plan.ts'
import type { ResourceKey } from '../model/resource.ts'

/** The data of a ConfigMap or Secret by key, at least of the keys that were asked for. */
export type TemplateContent = ReadonlyMap<string, Sensitive<Uint8Array>>

/** Reads the objects that hold templates. */
export interface TemplateSources {
  /** Whether the namespace has time for `read`. A resource is retried until then. @default always */
  mayRead?(namespace: string): boolean
  /**
   * The data of each object, in the given order; undefined for an object that does not exist. From then on the implementation
   * calls `templatesChanged` when one of these objects changes.
   * @throws SecretSyncError `TemplateError` if an object may not be read or is too large; `Unavailable` | `Timeout` | `Cancelled`
   */
  read(
    resource: ResourceKey,
    objects: readonly TemplateObjectKeys[],
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
