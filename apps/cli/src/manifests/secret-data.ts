import { Sensitive } from '@ack-secret-manager/core'
import { isRecord } from './parse-objects.ts'

/** Content of a Secret by key. */
export type SecretData = ReadonlyMap<string, Sensitive<Uint8Array>>

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Content of a Secret manifest as the API server would store it: `stringData` overrides `data`. Appends errors to `problems`. */
export function secretDataOf(value: Readonly<Record<string, unknown>>, label: string, problems: string[]): SecretData {
  const content = new Map<string, Sensitive<Uint8Array>>()
  const add = (
    field: 'data' | 'stringData',
    decode: (text: string) => Uint8Array | undefined,
    expected: string,
  ): void => {
    const map = value[field]
    if (map === undefined || map === null) return
    if (!isRecord(map)) {
      problems.push(`${label}: ${field}: expected a mapping`)
      return
    }
    for (const [key, entry] of Object.entries(map)) {
      const bytes = typeof entry === 'string' ? decode(entry) : undefined
      if (bytes === undefined) problems.push(`${label}: ${field}[${JSON.stringify(key)}]: expected ${expected}`)
      else content.set(key, new Sensitive(bytes))
    }
  }
  add('data', base64, 'base64')
  add('stringData', (text) => new TextEncoder().encode(text), 'a text; put it in quotes')
  return content
}

/** Line breaks are allowed, as in Go's decoder. */
function base64(text: string): Uint8Array | undefined {
  const dense = text.replace(/[\r\n]/g, '')
  return BASE64.test(dense) ? Buffer.from(dense, 'base64') : undefined
}
