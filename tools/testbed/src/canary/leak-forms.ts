import { createHash } from 'node:crypto'

/** A text by which a value gives itself away. */
export interface LeakForm {
  readonly form: 'raw' | 'base64' | 'url' | 'hex'
  readonly text: string
}

const HASHES = ['md5', 'sha1', 'sha256', 'sha512'] as const

/** How a value, or something longer that holds it, shows itself: as it is, or in base64, hex or URL encoding. */
export function formsOf(value: string): readonly LeakForm[] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  const url = encodeURIComponent(value)
  return [
    { form: 'raw', text: value },
    ...(url === value ? [] : [{ form: 'url' as const, text: url }]),
    { form: 'hex', text: hex },
    { form: 'hex', text: hex.toUpperCase() },
    ...[0, 1, 2].flatMap((at) => {
      const text = inBase64(bytes, at)
      const forUrls = text.replaceAll('+', '-').replaceAll('/', '_')
      return [...new Set([text, forUrls])].map((each) => ({ form: 'base64' as const, text: each }))
    }),
  ]
}

/** Unsalted hashes of a value, in hex and in base64 without padding: who has a list of likely values can undo them. */
export function hashesOf(value: string): readonly string[] {
  return HASHES.flatMap((algorithm) => {
    const hash = createHash(algorithm).update(value).digest()
    return [hash.toString('hex'), hash.toString('base64').replace(/=+$/, ''), hash.toString('base64url')]
  })
}

/** Words of a text that may be hashes, in the form of {@link hashesOf}. */
export function* hashLike(text: string): Generator<readonly [word: string, index: number], void, void> {
  for (const { 0: word, index } of text.matchAll(/[A-Za-z0-9+/_-]{22,128}/g)) {
    yield [/^[0-9A-F]+$/.test(word) ? word.toLowerCase() : word, index]
  }
}

/** What is sure to be in the base64 of anything that holds the bytes at an offset ≡ `at` (mod 3). */
function inBase64(bytes: Buffer, at: number): string {
  const encoded = Buffer.concat([Buffer.alloc(at), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const isWhole = (at + bytes.length) % 3 === 0
  return encoded.slice(at === 0 ? 0 : at + 1, isWhole ? undefined : -1)
}
