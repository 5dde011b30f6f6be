import { createHash } from 'node:crypto'

/** A text that reveals a value. */
export interface LeakForm {
  readonly form: 'raw' | 'base64' | 'url' | 'hex' | 'json' | 'bytes' | 'utf-16'
  readonly text: string
}

const MAX_ESCAPES = 4
const HASHES = ['md5', 'sha1', 'sha256', 'sha512'] as const

/**
 * Forms of a value, also inside longer data: plain, base64, hex, URL encoding, UTF-16, JSON escaped up to four times, and byte by byte.
 */
export function formsOf(value: string): readonly LeakForm[] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  const octets = [...bytes]
  const forms: readonly LeakForm[] = [
    { form: 'raw', text: value },
    { form: 'url', text: encodeURIComponent(value) },
    ...escapes(value).map((text) => ({ form: 'json' as const, text })),
    { form: 'hex', text: hex },
    { form: 'hex', text: hex.toUpperCase() },
    { form: 'bytes', text: octets.map((byte) => byte.toString(16).padStart(2, '0')).join(' ') },
    { form: 'bytes', text: octets.join(',') },
    { form: 'bytes', text: octets.join(', ') },
    // Without the zero at either end, so that it matches both byte orders.
    { form: 'utf-16', text: value.split('').join('\0') },
    ...[0, 1, 2].flatMap((at) => {
      const text = inBase64(bytes, at)
      const forUrls = text.replaceAll('+', '-').replaceAll('/', '_')
      return [text, forUrls].map((each) => ({ form: 'base64' as const, text: each }))
    }),
  ]
  // Many forms of a plain value are equal, and are searched once.
  return [...new Map(forms.toReversed().map((form) => [form.text, form])).values()].toReversed()
}

/** Unsalted hashes of a value, in hex and in base64 without padding, because a list of likely values can reverse them. */
export function hashesOf(value: string): readonly string[] {
  return HASHES.flatMap((algorithm) => {
    const hash = createHash(algorithm).update(value).digest()
    const hex = hash.toString('hex')
    return [hex, hex.toUpperCase(), hash.toString('base64').replace(/=+$/, ''), hash.toString('base64url')]
  })
}

/** Nested JSON, like a message in an object in an audit log, written by any mixture of JavaScript and Go. */
function escapes(value: string): readonly string[] {
  const all = new Set<string>()
  let last = [value]
  for (let level = 0; level < MAX_ESCAPES; level += 1) {
    last = last.flatMap((text) => {
      const json = JSON.stringify(text).slice(1, -1)
      return [...new Set([json, escapedByGo(json)])]
    })
    for (const text of last) all.add(text)
  }
  return [...all]
}

/** Go escapes HTML characters. */
function escapedByGo(json: string): string {
  return json.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)
}

/** The part that every base64 of data with these bytes at an offset ≡ `at` (mod 3) contains. */
function inBase64(bytes: Buffer, at: number): string {
  const encoded = Buffer.concat([Buffer.alloc(at), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const isWhole = (at + bytes.length) % 3 === 0
  return encoded.slice(at === 0 ? 0 : at + 1, isWhole ? undefined : -1)
}
