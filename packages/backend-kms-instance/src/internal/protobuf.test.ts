import { array, assert, boolean, integer, oneof, property, string, tuple, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFields, encodeFields, ProtobufError } from './protobuf.ts'

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

describe('protobuf', () => {
  it.each([
    ['a text', [[1, 'app/db']], '0a066170702f6462'],
    ['an empty text', [[3, '']], '1a00'],
    [
      'flags',
      [
        [4, true],
        [5, false],
      ],
      '20012800',
    ],
    [
      'a field that is left out',
      [
        [1, undefined],
        [2, 'x'],
      ],
      '120178',
    ],
    ['a field number of two bytes', [[16, 'x']], '82010178'],
    ['text beyond ASCII', [[1, '中']], '0a03e4b8ad'],
  ] as const)('encodes %s', (_rule, fields, hex) =>
    expect(Buffer.from(encodeFields(fields as Parameters<typeof encodeFields>[0])).toString('hex')).toBe(hex),
  )

  it('skips fixed-width fields and reads numbers of any length', () => {
    expect(decodeFields(bytes('0d010203041101020304050607081896019a0101ff'))).toEqual([
      { number: 3, value: 150 },
      { number: 19, value: bytes('ff') },
    ])
    // -1 as int32, in ten bytes.
    expect(decodeFields(bytes('08ffffffffffffffffff01'))).toEqual([{ number: 1, value: 2 ** 64 }])
  })

  it.each([
    ['a tag that does not end', 'ff'],
    ['a number that does not end', '08ffffffffffffffffffffffff'],
    ['a number cut short', '0880'],
    ['a text cut short', '0a05'],
    ['a length beyond all bounds', '0affffffffffffffffff01'],
    ['a fixed field cut short', '0d010203'],
    ['field number 0', '0000'],
    ['a field number too large', '80808080808080808001'],
    ['a group', '0b0c'],
    ['an end of a group', '0c'],
    ['an unknown wire type', '0e'],
    ['JSON', Buffer.from('{"Code":"x"}').toString('hex')],
    ['HTML', Buffer.from('<html>').toString('hex')],
  ])('refuses %s', (_rule, hex) => expect(() => decodeFields(bytes(hex))).toThrowError(ProtobufError))

  it('survives a round trip', () => {
    const field = tuple(integer({ min: 1, max: 2 ** 29 - 1 }), oneof(string({ unit: 'grapheme' }), boolean()))
    assert(
      property(array(field, { maxLength: 20 }), (fields) => {
        const decoded = decodeFields(encodeFields(fields))
        const texts = decoded.map(({ number, value }) => [
          number,
          typeof value === 'number' ? value === 1 : new TextDecoder('utf-8', { ignoreBOM: true }).decode(value),
        ])
        expect(texts).toEqual(fields.map(([number, value]) => [number, value]))
      }),
    )
  })

  it('decodes or rejects any bytes', () => {
    assert(
      property(uint8Array({ maxLength: 2_000 }), (input) => {
        try {
          const fields = decodeFields(input)
          // Each field takes at least two bytes, so the input bounds the result.
          expect(fields.length).toBeLessThanOrEqual(input.length / 2)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
