import { type RenderRequest, Sensitive, type TemplateRenderer } from '@ack-secret-manager/core'

/** A request for templates named `data[0]`, `data[1]` …, with texts as data. */
export function request(texts: readonly string[], data: Readonly<Record<string, string>> = {}): RenderRequest {
  return {
    templates: texts.map((text, i) => ({ name: `data[${i}]`, text })),
    data: new Map(Object.entries(data).map(([key, value]) => [key, new Sensitive(Buffer.from(value))])),
    seed: 'uid',
  }
}

/** The outputs of the templates, as texts. */
export async function render(
  renderer: TemplateRenderer,
  texts: readonly string[],
  data?: Readonly<Record<string, string>>,
  signal: AbortSignal = new AbortController().signal,
): Promise<string[]> {
  const outputs = await renderer.render(request(texts, data), { signal })
  return outputs.map((output) => Buffer.from(output.expose()).toString())
}
