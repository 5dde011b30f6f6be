import { expect, it } from 'vitest'
import { errorKind } from './error-kind.ts'

const named = (name: string): Error => Object.assign(new Error('canary-message'), { name })
const coded = (code: unknown): Error => Object.assign(new TypeError('canary-message'), { code })

it.each([
  ['the name of an error', new RangeError('canary'), 'RangeError'],
  ['its code', coded('ERR_INVALID_ARG_TYPE'), 'TypeError ERR_INVALID_ARG_TYPE'],
  ['a code with a digit', coded('ERR_HTTP2_INVALID_SESSION'), 'TypeError ERR_HTTP2_INVALID_SESSION'],
  ['no code that may be a value', coded('canary-code'), 'TypeError'],
  ['no code that may be a key', coded('JBSWY3DPEHPK3PXP'), 'TypeError'],
  ['no code that may be a token', coded('KfZ9mQ2vB7nR4tYcW8xLp3sHdJ6gAe'), 'TypeError'],
  ['no code that has a value behind it', coded('ENOENT canary'), 'TypeError'],
  ['no code that is not text', coded({ canary: 1 }), 'TypeError'],
  ['no name that may be a value', named('canary-name'), 'Error'],
  ['no name that may be a password', named('HunterTwoPassword'), 'Error'],
  ['no name that may be a key', named('KfZ9mQ2vB7nR4tYcW8xLp3sHdJ6gAe'), 'Error'],
  ['no name that is not text', Object.assign(new Error('canary'), { name: Symbol('canary') }), 'Error'],
  ['no name that has a value behind it', named('TypeError: canary'), 'Error'],
  ['the type of a value that is not an error', 'canary-text', 'string'],
  ['the type of undefined', undefined, 'undefined'],
])('returns %s', (_rule, error, kind) => expect(errorKind(error)).toBe(kind))
