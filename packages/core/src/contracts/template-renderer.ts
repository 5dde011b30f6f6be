import type { Sensitive } from '../sensitive.ts'

/** One template, with its path for messages: `spec.target.template.data[config.yaml]`, `ConfigMap app/tpl[config.yaml]`. */
export interface TemplateText {
  readonly name: string
  /** Sensitive if a Secret holds the template. */
  readonly text: string | Sensitive<string>
}

/** Templates that are rendered with the same input. */
export interface RenderRequest {
  readonly templates: readonly TemplateText[]
  /** The dot of the templates: one string for each key. */
  readonly data: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** Seed instead of randomness (salts), so that output is deterministic: the UID of the resource. */
  readonly seed: string
}

export interface TemplateRenderer {
  /**
   * Renders all templates of a request or none.
   * @returns outputs in the order of the templates
   * @throws SecretSyncError `TemplateError` for a template that does not parse, fails, or exceeds a limit of time, memory or
   * output. It has the template's name in facts.field, names line and function, and never a value. It is terminal, unless
   * `facts.retryAfterMs` has the time until the next attempt: the engine was lost, maybe by chance.
   * `Unavailable` when the renderer itself fails; `Cancelled`
   */
  render(request: RenderRequest, options: { signal: AbortSignal }): Promise<readonly Sensitive<Uint8Array>[]>
  close(): Promise<void>
}
