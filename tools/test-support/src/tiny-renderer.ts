import { type RenderRequest, SecretSyncError, Sensitive, type TemplateRenderer } from '@ack-secret-manager/core'

/** Supports `{{ .key }}` and `{{ .key | default "x" }}`, and rejects everything else like the real renderer. */
export class TinyRenderer implements TemplateRenderer {
  readonly requests: RenderRequest[] = []
  /** Errors that the next calls of `render` throw, one each. */
  readonly failures: SecretSyncError[] = []
  /** Delays `render`, like a template with a long loop. */
  hold: Promise<void> | undefined

  async render(request: RenderRequest): Promise<readonly Sensitive<Uint8Array>[]> {
    this.requests.push(request)
    await this.hold
    const failure = this.failures.shift()
    if (failure) throw failure
    return request.templates.map(
      ({ name, text }) => new Sensitive(render(name, typeof text === 'string' ? text : text.expose(), request.data)),
    )
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

function render(name: string, text: string, data: RenderRequest['data']): Uint8Array {
  const fail = (at: number, why: string): SecretSyncError => {
    const line = text.slice(0, at).split('\n').length
    return new SecretSyncError('TemplateError', `${name}: line ${line}: ${why}`, { facts: { field: name } })
  }
  const parts: Uint8Array[] = []
  let end = 0
  for (const { 0: action, 1: body = '', index } of text.matchAll(/\{\{(.*?)\}\}/g)) {
    const [, key, fallback] = /^ ?\.(\w+)(?: \| default "([^"]*)")? ?$/.exec(body) ?? []
    if (key === undefined) throw fail(index, `unknown action ${body}`)
    const value = data.get(key)?.expose() ?? (fallback === undefined ? undefined : Buffer.from(fallback))
    if (value === undefined) throw fail(index, `there is no key ${key}`)
    parts.push(Buffer.from(text.slice(end, index)), value)
    end = index + action.length
  }
  return new Uint8Array(Buffer.concat([...parts, Buffer.from(text.slice(end))]))
}
