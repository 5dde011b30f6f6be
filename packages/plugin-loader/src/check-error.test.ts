import { ERROR_CODES, type ErrorFacts, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { checkedError } from './check-error.ts'

const CANARY = 'canary-password'
const BRAND = Symbol.for('ack-secret-manager.SecretSyncError')
const fail = (): never => {
  throw new Error(CANARY)
}

/** An error of another copy of core. */
const branded = (members: object): object => Object.defineProperty({ ...members }, BRAND, { value: true })
const withGetter = (error: object, name: string): object => Object.defineProperty(error, name, { get: fail })

describe('an error of a package', () => {
  it.each<[what: string, error: unknown, message: string]>([
    ['a text', CANARY, 'x: unexpected string; this is a defect, please report it'],
    ['nothing', undefined, 'x: unexpected undefined; this is a defect, please report it'],
    ['a frozen error', Object.freeze(new Error(CANARY)), 'x: unexpected Error; this is a defect, please report it'],
    ['a name that throws', withGetter(new Error(), 'name'), 'x: unexpected object; this is a defect, please report it'],
    ['a code that throws', withGetter(new Error(), 'code'), 'x: unexpected object; this is a defect, please report it'],
    [
      'a proxy that throws',
      new Proxy({}, { has: fail, get: fail, getPrototypeOf: fail }),
      'x: unexpected object; this is a defect, please report it',
    ],
    ['another code', branded({ code: 'Fire', message: CANARY }), 'x: failed with an unknown code'],
    [
      'a message that throws',
      withGetter(branded({ code: 'NotFound' }), 'message'),
      'x: failed with an error that cannot be read',
    ],
  ])('is Internal and shows nothing of it: %s', (_what, error, message) => {
    const checked = checkedError(error, 'x')
    expect(checked).toMatchObject({ code: 'Internal', message })
    expect(inspect(checked, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
  })

  it.each(ERROR_CODES)('keeps the code %s, message and facts', (code) => {
    const facts = {
      httpStatus: 404,
      remoteCode: 'Gone',
      requestId: 'r',
      retryAfterMs: 5,
      absent: true,
      field: 'f',
    } as const
    const checked = checkedError(new SecretSyncError(code, 'text', { facts, cause: new Error(CANARY) }), 'x')
    expect(checked).toMatchObject({ code, message: 'text', facts })
    expect(checked.cause).toBeUndefined()
  })

  it.each<[what: string, members: object, message: string]>([
    ['no message', {}, 'x: failed without a message'],
    ['a message that is not a text', { message: { a: 1 } }, 'x: failed without a message'],
    ['lines and colours', { message: 'a\nb\u001b[31m' }, String.raw`a\nb\u001b[31m`],
    ['a long message', { message: 'a'.repeat(10_000_000) }, `${'a'.repeat(1_024)}…`],
  ])('of another version of core has one line of text: %s', (_what, members, message) => {
    const checked = checkedError(branded({ code: 'Unavailable', ...members }), 'x')
    expect(checked).toMatchObject({ code: 'Unavailable', message, facts: {} })
    expect(isSecretSyncError(checked)).toBe(true)
  })

  it('keeps the facts of the contract', () => {
    const facts: Required<ErrorFacts> = {
      httpStatus: 503,
      remoteCode: 'Busy',
      requestId: 'r-1',
      retryAfterMs: 5,
      absent: true,
      batch: 'denied',
      issuer: 'sts.example',
      missingAction: 'kms:Decrypt',
      proxyStatus: 407,
      certificateRejected: true,
      outsideValidity: true,
      waitedMs: 7,
      field: 'config.url',
    }
    expect(checkedError(branded({ code: 'Unavailable', message: 'away', facts }), 'x').facts).toEqual(facts)
  })

  it('loses facts that are malformed, because pauses are computed from them', () => {
    const facts = {
      httpStatus: 'x',
      remoteCode: 'a'.repeat(10_000),
      requestId: 1,
      retryAfterMs: Number.NaN,
      absent: 'yes',
      batch: 'maybe',
      certificateRejected: 1,
      outsideValidity: 1,
      waitedMs: Infinity,
      other: CANARY,
    }
    expect(checkedError(branded({ code: 'Throttled', message: 'wait', facts }), 'x').facts).toEqual({})
    expect(checkedError(branded({ code: 'Throttled', message: 'wait', facts: 'none' }), 'x').facts).toEqual({})
  })
})
