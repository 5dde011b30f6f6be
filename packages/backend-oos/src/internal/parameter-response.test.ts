import { inspect } from 'node:util'
import { thrownBy } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import { secretValueOf } from './parameter-response.ts'

const QUESTION = {
  name: 'app/token',
  version: undefined,
  what: 'OOS parameter "app/token"',
  identity: 'AccessKey LTAI5tDemo',
}
const valueOf = (change: Record<string, unknown> = {}, question = {}) =>
  secretValueOf(
    {
      status: 200,
      requestId: 'r-1',
      body: { Parameter: { Name: 'app/token', Type: 'Secret', Value: 'canary ✓', ParameterVersion: 7, ...change } },
    },
    { ...QUESTION, ...question },
  )

describe('secretValueOf', () => {
  it('parses the response of the API reference', () => {
    const { bytes, ...facts } = valueOf()
    expect(new TextDecoder().decode(bytes.expose())).toBe('canary ✓')
    expect(facts).toEqual({ versionId: '7', versionStages: [], type: 'OOS', dataType: 'text', requestId: 'r-1' })
  })

  it('accepts an empty value', () => expect(valueOf({ Value: '' }).bytes.expose()).toEqual(new Uint8Array()))

  it.each([
    [
      'no value',
      { Value: undefined },
      'AccessDenied',
      /AccessKey LTAI5tDemo got the parameter without its value: .*kms:GetSecretValue/,
    ],
    ['null as value', { Value: null }, 'AccessDenied', /without its value/],
    [
      'an object as value',
      { Value: { a: 'canary' } },
      'InvalidResponse',
      /Value in the response is not well-formed text/,
    ],
    ['a lone surrogate', { Value: 'canary\uD800' }, 'InvalidResponse', /Value/],
    [
      'no version',
      { ParameterVersion: undefined },
      'InvalidResponse',
      /ParameterVersion in the response is not a whole number/,
    ],
    ['a text as version', { ParameterVersion: '7' }, 'InvalidResponse', /ParameterVersion/],
    ['version 0', { ParameterVersion: 0 }, 'InvalidResponse', /ParameterVersion/],
    ['another parameter', { Name: 'app/other' }, 'InvalidResponse', /about another parameter/],
  ])('rejects %s, naming the field and not its content', (_rule, change, code, message) => {
    const error = thrownBy(() => valueOf(change))
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it("refuses another version's value, and a response without parameter", () => {
    expect(() => valueOf({}, { version: '6' })).toThrowError(/another parameter or version/)
    expect(valueOf({}, { version: '7' }).versionId).toBe('7')
    expect(() => secretValueOf({ status: 200, body: {} }, QUESTION)).toThrowError(
      /Parameter in the response is not an object/,
    )
  })
})
