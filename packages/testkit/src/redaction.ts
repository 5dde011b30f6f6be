/* oxlint-disable vitest/no-standalone-expect -- called by the cases of contracts */
import { inspect } from 'node:util'
import { expect } from 'vitest'

/** Shorter texts occur by chance. */
const MIN_BASE64_LENGTH = 6

/**
 * Everything that a log, a template string, JSON or a debugger shows of a value, including hidden properties.
 * Content of `Sensitive` stays hidden.
 */
export function visibleTextOf(thing: unknown): string {
  const inspected = inspect(thing, {
    depth: Infinity,
    showHidden: true,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
  })
  const chain: string[] = []
  let error = thing
  for (let depth = 0; error instanceof Error && depth < 16; depth += 1) {
    chain.push(error.name, error.message, error.stack ?? '')
    error = error.cause
  }
  return [inspected, asJson(thing), asText(thing), ...chain].join('\n')
}

/** Fails if a canary is visible in one of the values, also in base64, hex or URL encoding. */
export function expectRedacted(things: readonly unknown[], canaries: readonly string[]): void {
  for (const thing of things) {
    const visible = visibleTextOf(thing)
    for (const canary of canaries) {
      for (const [encoding, text] of encodingsOf(canary)) {
        // Not an assertion on the text, because its message would print the text.
        expect(visible.includes(text), `secret material is visible (${encoding})`).toBe(false)
      }
    }
  }
}

function asJson(thing: unknown): string {
  try {
    return JSON.stringify(thing) ?? ''
  } catch (error) {
    // A cycle or a BigInt has no JSON form.
    if (error instanceof TypeError) return ''
    throw error
  }
}

/** As in a template string. */
function asText(thing: unknown): string {
  try {
    return String(thing)
  } catch {
    // An object without a prototype, or a symbol inside, has no text.
    return ''
  }
}

function encodingsOf(text: string): readonly (readonly [encoding: string, text: string])[] {
  const bytes = Buffer.from(text)
  return [
    ['plain', text],
    ...[0, 1, 2].flatMap((offset) => base64Of(bytes, offset)).map((encoded) => ['base64', encoded] as const),
    ['hex', bytes.toString('hex')],
    ['hex', bytes.toString('hex').toUpperCase()],
    ['URL', encodeURIComponent(text)],
    // As Node prints a buffer.
    ['bytes', [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')],
    ['array', [...bytes].join(',')],
  ]
}

/**
 * The characters of base64 that depend on the bytes alone. Text around them shifts their place in the groups of three bytes.
 * @param offset bytes before them in their group
 */
function base64Of(bytes: Buffer, offset: number): readonly string[] {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  // Each character has six bits. Those of the first and last one may be shared with other bytes.
  const own = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
  return own.length < MIN_BASE64_LENGTH ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')]
}
