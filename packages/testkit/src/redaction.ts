/* oxlint-disable vitest/no-standalone-expect -- called by the cases of contracts */
import { inspect } from 'node:util'
import { expect } from 'vitest'

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
  return [inspected, asJson(thing), ...chain].join('\n')
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

function encodingsOf(text: string): readonly (readonly [encoding: string, text: string])[] {
  const bytes = Buffer.from(text)
  return [
    ['plain', text],
    // Without the last characters, which depend on the following bytes.
    ['base64', bytes.toString('base64').replace(/=*$/, '').slice(0, -2)],
    ['hex', bytes.toString('hex')],
    ['URL', encodeURIComponent(text)],
    // As Node prints a buffer.
    ['bytes', [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')],
    ['array', [...bytes].join(',')],
  ]
}
