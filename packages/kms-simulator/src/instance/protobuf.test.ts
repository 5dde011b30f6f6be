import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import fc, { assert, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeSecretValueRequest, encodeError, encodeSecretValueResponse } from './messages.ts'
import { decodeProtobuf, encodeProtobuf } from './protobuf.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

describe('messages', () => {
  it('reads the request of the official SDKs', () => {
    expect(decodeSecretValueRequest(hex('0a066170702f6462120a41435343757272656e742001'))).toEqual({
      secretName: 'app/db',
      versionStage: 'ACSCurrent',
      versionId: '',
      fetchExtendedConfig: true,
    })
  })

  it('writes the response of the service', () => {
    const response = encodeSecretValueResponse({
      secretName: 'app/db',
      secretType: 'Generic',
      secretData: 's3 ',
      secretDataType: 'text',
      versionStages: ['ACSCurrent'],
      versionId: 'v1',
      createTime: '2024-02-21T15:39:26Z',
      requestId: 'r-1',
    })
    const expected = [
      '0a066170702f6462120747656e657269631a03733320220474657874',
      '2a0a41435343757272656e74320276313a14323032342d30322d32315431353a33393a32365a4203722d31',
    ]
    expect(response.toString('hex')).toBe(expected.join(''))
  })

  it('writes an error of the service', () => {
    const error = { status: 404, code: 'Forbidden.ResourceNotFound', message: 'Resource not found.' }
    expect(encodeError(error, 'r-2').toString('hex')).toBe(
      '089403121a466f7262696464656e2e5265736f757263654e6f74466f756e641a135265736f75726365206e6f7420666f756e642e2203722d32',
    )
  })

  it.each([
    ['a name that is not UTF-8', '0a02c328'],
    ['a name that is a number', '0801'],
    ['a flag that is a text', '220131'],
    ['a length beyond its end', '0a05'],
    ['a varint without an end', '0affffffffffffffffffff01'],
    ['a group', '0b0c'],
    ['a field of number 0', '0001'],
  ])('refuses %s', (_what, bytes) => {
    expect(decodeSecretValueRequest(hex(bytes))).toBeUndefined()
  })

  it('skips unknown fields', () => {
    expect(decodeSecretValueRequest(hex('0a016129ffffffffffffffff35ffffffff9a0601ff4805'))).toMatchObject({
      secretName: 'a',
    })
  })
})

describe('the codec', () => {
  it('survives a round trip', () => {
    const fields = fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 536_870_911 }),
        fc.oneof(fc.string({ minLength: 1, unit: anyCodePoint }), fc.integer({ min: 1, max: 2 ** 53 - 1 })),
      ),
    )
    assert(
      property(fields, (given) => {
        const read = decodeProtobuf(encodeProtobuf(given))
        expect(
          read?.map(({ number, value }) => [
            number,
            typeof value === 'number' ? value : Buffer.from(value).toString('utf8'),
          ]),
        ).toEqual(given)
      }),
    )
  })

  it('never throws for any bytes', () => {
    assert(
      property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(() => decodeSecretValueRequest(bytes)).not.toThrow()
      }),
    )
  })

  it('omits empty fields', () => {
    expect(
      encodeProtobuf([
        [1, ''],
        [2, 0],
        [3, false],
        [4, undefined],
      ]),
    ).toHaveLength(0)
  })
})
