import type { Sensitive } from '../sensitive.ts'

/** One template, named as users know it: `spec.target.template.data[config.yaml]`, `ConfigMap app/tpl[config.yaml]`. */
export interface TemplateText {
  readonly name: string
  readonly text: string
}

/** Templates that are rendered with the same input. */
export interface RenderRequest {
  readonly templates: readonly TemplateText[]
  /** What the templates see as their dot: one string for each key. */
  readonly data: ReadonlyMap<string, Uint8Array>
  /** Takes the place of randomness (salts): the same input and seed give the same output. The UID of the resource. */
  readonly seed: string
}

/** Renders text templates. */
export interface TemplateRenderer {
  /**
   * Renders all templates of a request or none.
   * @returns outputs in the order of the templates
   * @throws SecretSyncError `TemplateError` (terminal; facts.field is the template's name; names line and function, never a
   * value) for text that does not parse, fails, or is over a limit of time, memory or output; `Unavailable` where the
   * renderer itself could not work; `Cancelled`
   */
  render(request: RenderRequest, options: { signal: AbortSignal }): Promise<readonly Sensitive<Uint8Array>[]>
  close(): Promise<void>
}
