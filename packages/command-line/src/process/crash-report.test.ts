import { expect, it } from 'vitest'
import { crashReport } from './crash-report.ts'
import { SecretSyncError } from '@ack-secret-manager/core'

function boom(message: string, more: object = {}): Error {
  return Object.assign(new TypeError(message), more)
}

it('has kind and stack, and no text from the thrown error', () => {
  const report = crashReport(boom('canary\n    at canary (file:///canary.js:1:1)', { code: 'canary', body: 'canary' }))
  expect(report).toMatch(
    /^unexpected TypeError; this is a defect, please report it\n {4}at boom \(.*crash-report\.test\.ts:/,
  )
  expect(report).not.toContain('canary')
  expect(report.split('\n').length).toBeLessThanOrEqual(11)
})

it.each([
  ['a text', 'canary', 'unexpected string'],
  ['nothing', undefined, 'unexpected undefined'],
  ['an error with a stack of its own', boom('x', { stack: 'canary\n    at canary' }), 'unexpected TypeError'],
  [
    'an error with a changed message',
    boom('', { stack: 'TypeError: canary\n    at canary (file:///canary.js:1:1)' }),
    'unexpected TypeError',
  ],
  ['an error whose name is no text', Object.assign(new Error('x'), { name: Symbol('canary') }), 'unexpected Error'],
  ['an error whose stack is no text', Object.assign(boom('x'), { stack: null }), 'unexpected TypeError'],
  [
    'an error whose message is no text',
    Object.assign(boom('x'), { message: Symbol('canary') }),
    'unexpected TypeError',
  ],
  ['a stack with a value in it', boom('x', { stack: 'TypeError: x\n    at canary' }), 'unexpected TypeError'],
  ['an error without a stack', Object.assign(boom('x'), { stack: undefined }), 'unexpected TypeError'],
])('tells of %s its kind alone', (_what, error, kind) => {
  expect(crashReport(error)).toBe(`${kind}; this is a defect, please report it`)
})

const thrown = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}
class OtherError extends Error {
  override readonly name = 'OtherError'
}

it.each([
  ['an error of Node', thrown(() => Buffer.from(undefined as never)), 'TypeError ERR_INVALID_ARG_TYPE'],
  ['a renamed error', new OtherError('canary'), 'OtherError'],
  ['an error without a message', new Error(), 'Error'],
])('tells of %s where it was thrown', (_what, error, kind) => {
  const report = crashReport(error)
  expect(report.startsWith(`unexpected ${kind}; this is a defect, please report it\n    at `)).toBe(true)
  expect(report).toContain('crash-report.test.ts:')
  expect(report).not.toContain('canary')
})

it('has code and message of a SecretSyncError', () => {
  const report = crashReport(
    new SecretSyncError('WriteFailed', 'Secret default/app: disk full', { cause: boom('canary') }),
  )
  expect(report).toMatch(/^unexpected WriteFailed: Secret default\/app: disk full; .*\n {4}at /)
  expect(report).not.toContain('canary')
})
