import { inspect } from 'node:util'
import { isSecretSyncError } from '@ack-secret-manager/core'
import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { credentialText, MAX_CREDENTIAL_TEXT_LENGTH } from './credential-text.ts'

const thrownBy = (work: () => unknown): unknown => {
  try {
    return { returned: work() }
  } catch (error) {
    return error
  }
}

const attempt = (text: string): string => {
  try {
    return credentialText(text, 'part')
  } catch (error) {
    return isSecretSyncError(error) ? error.code : 'another error'
  }
}

describe('credentialText', () => {
  it.each([
    ['unchanged text', 'LTAI5tDemo', 'LTAI5tDemo'],
    ['a final newline', 'LTAI5tDemo\n', 'LTAI5tDemo'],
    ['a Windows line end', 'LTAI5tDemo\r\n', 'LTAI5tDemo'],
    ['a byte order mark', '\uFEFFLTAI5tDemo', 'LTAI5tDemo'],
    ['blanks and tabs around', ' \tLTAI5tDemo \n', 'LTAI5tDemo'],
    ['the alphabet of an STS token', 'CAIS+/=_-.~', 'CAIS+/=_-.~'],
    ['the longest', 'x'.repeat(MAX_CREDENTIAL_TEXT_LENGTH), 'x'.repeat(MAX_CREDENTIAL_TEXT_LENGTH)],
  ])('takes %s', (_rule, text, expected) => expect(credentialText(text, 'part')).toBe(expected))

  it.each([
    ['nothing', '', 'is empty'],
    ['white space only', ' \uFEFF\n', 'is empty'],
    ['a blank inside', 'canary canary', 'white space inside'],
    ['a line break inside', 'canary\ncanary', 'white space inside'],
    ['a NUL', 'canary\0', 'not printable ASCII'],
    ['a control character', 'can\u001Bary', 'not printable ASCII'],
    ['a letter beyond ASCII', 'canäry', 'not printable ASCII'],
    ['a lone surrogate', 'canary\uD800', 'not printable ASCII'],
    ['one character too many', 'x'.repeat(MAX_CREDENTIAL_TEXT_LENGTH + 1), 'longer than 16384'],
  ])('refuses %s, naming the part and not the text', (_rule, text, why) => {
    const error = thrownBy(() => credentialText(text, 'AccessKey secret'))
    expect(error).toMatchObject({ code: 'Unauthenticated', message: expect.stringContaining(`AccessKey secret `) })
    expect(error).toMatchObject({ message: expect.stringContaining(why) })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/can.{0,2}ry|xxxxx/)
  })

  it('returns printable ASCII or throws, and is idempotent', () => {
    assert(
      property(string({ unit: anyCodePoint, maxLength: 40 }), (text) => {
        const first = attempt(text)
        return first === 'Unauthenticated' ? true : /^[!-~]+$/.test(first) && attempt(first) === first
      }),
    )
  })
})
