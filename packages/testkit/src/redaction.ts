/* oxlint-disable vitest/no-standalone-expect -- called by the cases of contracts */
import { inspect } from 'node:util'
import { expect } from 'vitest'

/**
 * Everything that a log, a template string, JSON or a debugger would show of a thing, hidden properties included.
 * What is wrapped in `Sensitive` stays hidden.
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

/** Fails when any of the canaries, as it stands or in base64, hex or URL encoding, shows in any of the things. */
export function expectRedacted(things: readonly unknown[], canaries: readonly string[]): void {
  for (const thing of things) {
    const visible = visibleTextOf(thing)
    for (const canary of canaries) {
      for (const [encoding, text] of encodingsOf(canary)) {
        // Not as an assertion on the text: its message would print it.
        expect(visible.includes(text), `secret material is told (${encoding})`).toBe(false)
      }
    }
  }
}

function asJson(thing: unknown): string {
  try {
    return JSON.stringify(thing) ?? ''
  } catch (error) {
    // A cycle or a BigInt: nobody can print it as JSON.
    if (error instanceof TypeError) return ''
    throw error
  }
}

function encodingsOf(text: string): readonly (readonly [encoding: string, text: string])[] {
  const bytes = Buffer.from(text)
  return [
    ['plain', text],
    // Without its last characters, which depend on what follows.
    ['base64', bytes.toString('base64').replace(/=*$/, '').slice(0, -2)],
    ['hex', bytes.toString('hex')],
    ['URL', encodeURIComponent(text)],
    // As Node prints a buffer.
    ['bytes', [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')],
    ['array', [...bytes].join(',')],
  ]
}
