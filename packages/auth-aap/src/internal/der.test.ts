import { assert, property, uint8Array } from 'fast-check'
import { thrownBy } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import { DerError, type DerNode, inTagZero, members, octets, oid, parseDer, smallInteger } from './der.ts'

const parse = (hex: string): DerNode => parseDer(Buffer.from(hex, 'hex').toString('binary'))
const hexOf = (text: string): string => Buffer.from(text, 'binary').toString('hex')

describe('DER', () => {
  it.each<readonly [string, string, (node: DerNode) => unknown, unknown]>([
    ['octets', '0403010203', (node) => hexOf(octets(node)), '010203'],
    ['no octets', '0400', octets, ''],
    ['octets in pieces', '24080402010204020304', (node) => hexOf(octets(node)), '01020304'],
    ['octets of indefinite length', '2480040201020000', (node) => hexOf(octets(node)), '0102'],
    ['members of a sequence', '3006020101020102', (node) => members(node).map(smallInteger), [1, 2]],
    ['an object identifier', '06092a864886f70d010701', oid, '1.2.840.113549.1.7.1'],
    ['an explicit tag', 'a003020105', (node) => smallInteger(inTagZero(node)), 5],
    ['zero', '020100', smallInteger, 0],
    ['an integer with a leading zero', '02020080', smallInteger, 128],
    ['the largest integer', '02050080000000', smallInteger, 2 ** 31],
  ])('reads %s', (_what, hex, read, expected) => expect(read(parse(hex))).toEqual(expected))

  it.each<readonly [string, string, (node: DerNode) => unknown]>([
    ['members of a primitive element', '020100', members],
    ['an explicit tag of another number', 'a103020105', inTagZero],
    ['an empty explicit tag', 'a000', inTagZero],
    ['a sequence instead of an explicit tag', '3003020105', inTagZero],
    ['octets as an object identifier', '0403010203', oid],
    ['octets as an integer', '040101', smallInteger],
    ['an integer above 2^31', '02050080000001', smallInteger],
    ['an integer of 64 bits', '02087fffffffffffffff', smallInteger],
    ['an integer without bytes', '0200', smallInteger],
  ])('rejects %s', (_what, hex, read) => {
    const node = parse(hex)
    expect(() => read(node)).toThrow(DerError)
  })

  it.each<readonly [string, (node: undefined) => unknown]>([
    ['members', members],
    ['octets', octets],
    ['an object identifier', oid],
    ['an integer', smallInteger],
    ['an explicit tag', inTagZero],
  ])('rejects %s of an absent element', (_what, read) => expect(() => read(undefined)).toThrow(DerError))

  it.each([
    ['nothing', ''],
    ['a length without content', '0403'],
    ['more than one element', '020100020100'],
    ['a length of 2^32', '04850100000000'],
    ['an indefinite length without an end', '3080'],
  ])('does not parse %s', (_what, hex) => expect(thrownBy(() => parse(hex))).toBeInstanceOf(Error))

  it('parses random bytes or throws, and reads octets only from what it was given', () => {
    assert(
      property(uint8Array({ maxLength: 300 }), (bytes) => {
        const result = thrownBy(() => octets(parseDer(Buffer.from(bytes).toString('binary'))))
        if (result instanceof Error) return true
        expect((result as { returned: string }).returned.length).toBeLessThanOrEqual(bytes.length)
        return true
      }),
      { numRuns: 2_000 },
    )
  })
})
