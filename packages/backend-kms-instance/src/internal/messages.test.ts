import { assert, property, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeGatewayError, decodeSecretResponse, encodeGetSecretValue } from './messages.ts'
import { encodeFields, ProtobufError } from './protobuf.ts'

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex')

describe('messages of the gateway', () => {
  it.each([
    ['the current version by default', { name: 'app/db' }, '0a066170702f6462120a41435343757272656e74'],
    ['a stage', { name: 'app/db', versionStage: 'blue' }, '0a066170702f64621204626c7565'],
    [
      'a version, which takes precedence over a stage',
      { name: 'app/db', versionStage: 'x', versionId: 'v1' },
      '0a066170702f64621a027631',
    ],
  ])('encodes a request for %s', (_rule, ref, expected) => expect(hex(encodeGetSecretValue(ref))).toBe(expected))

  // Wire samples made with the message classes of the official SDK.
  it('reads a response of the official SDK', () => {
    const sample =
      '0a066170702f6462120747656e657269631a04704073732204746578742a0a41435343757272656e74320276313a14323032342d30322d32315431353a33393a32365a4203722d31'
    expect(decodeSecretResponse(bytes(sample))).toEqual({
      secretName: 'app/db',
      secretType: 'Generic',
      secretData: 'p@ss',
      secretDataType: 'text',
      versionId: 'v1',
      versionStages: ['ACSCurrent'],
      createTime: '2024-02-21T15:39:26Z',
      requestId: 'r-1',
    })
  })

  it('reads an error of the official SDK', () => {
    const sample =
      '089403121a466f7262696464656e2e5265736f757263654e6f74466f756e641a135265736f75726365206e6f7420666f756e642e2203722d32'
    expect(decodeGatewayError(bytes(sample))).toEqual({
      code: 'Forbidden.ResourceNotFound',
      message: 'Resource not found.',
      requestId: 'r-2',
    })
  })

  it('keeps the order of stages, uses the last of a repeated field, and skips unknown fields', () => {
    const response = encodeFields([
      [6, 'v1'],
      [5, 'ACSCurrent'],
      [99, 'something new'],
      [6, 'v2'],
      [98, true],
      [5, 'blue'],
    ])
    expect(decodeSecretResponse(response)).toEqual({ versionId: 'v2', versionStages: ['ACSCurrent', 'blue'] })
  })

  it.each([
    ['a number instead of a text', encodeFields([[3, true]])],
    ['a text that is not UTF-8', bytes('1a01ff')],
    ['stages as a number', encodeFields([[5, true]])],
    ['bytes that are not a message', bytes('ff')],
  ])('refuses %s', (_rule, input) => expect(() => decodeSecretResponse(input)).toThrowError(ProtobufError))

  it('keeps a byte order mark in the value', () =>
    expect(decodeSecretResponse(encodeFields([[3, '\uFEFFx']])).secretData).toBe('\uFEFFx'))

  it('decodes or rejects any bytes', () => {
    assert(
      property(uint8Array({ maxLength: 300 }), (input) => {
        decodeGatewayError(input)
        try {
          decodeSecretResponse(input)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError)
        }
      }),
    )
  })
})
