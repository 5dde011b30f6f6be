import { describe, expect, it } from 'vitest'
import { expectRedacted } from './redaction.ts'

const CANARY = 'canary~Zx81?value>'
const find = (thing: unknown): void => expectRedacted([thing], [CANARY])

describe('expectRedacted', () => {
  it.each([0, 1, 2, 3, 4].flatMap((before) => [0, 1, 2].map((after) => [before, after] as const)))(
    'finds base64 of a text with %i bytes before and %i after the secret',
    (before, after) => {
      const bytes = Buffer.from(`${'a'.repeat(before)}${CANARY}${'b'.repeat(after)}`)
      for (const encoding of ['base64', 'base64url'] as const) {
        expect(() => find(`body: ${bytes.toString(encoding)}`)).toThrow('secret material is visible (base64)')
      }
    },
  )

  it.each<[what: string, thing: unknown]>([
    ['hex in capitals', Buffer.from(CANARY).toString('hex').toUpperCase()],
    ['a template string', { toString: () => CANARY, toJSON: () => '' }],
  ])('finds it in %s', (_what, thing) => {
    expect(() => find(thing)).toThrow('secret material is visible')
  })

  it.each<[what: string, thing: unknown]>([
    ['other bytes in base64', Buffer.from('another value that is long enough').toString('base64')],
    ['nothing', undefined],
    ['an object without a prototype', Object.create(null)],
    ['a symbol', Symbol('x')],
  ])('finds nothing in %s', (_what, thing) => {
    find(thing)
  })
})
