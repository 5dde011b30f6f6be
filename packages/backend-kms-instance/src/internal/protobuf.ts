/** Bytes that are not a protobuf message. Never leaves this package. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

/** One field of the wire format: a number, or the bytes of a length-delimited field. */
export interface ProtobufField {
  readonly number: number
  readonly value: number | Uint8Array
}

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5
const MAX_FIELD_NUMBER = 2 ** 29 - 1
const MAX_VARINT_BYTES = 10

/**
 * Encodes a message of strings and booleans; undefined fields are omitted.
 * Protocol Buffers documentation, "Encoding".
 */
export function encodeFields(
  fields: readonly (readonly [number: number, value: string | boolean | undefined])[],
): Uint8Array {
  const parts: Uint8Array[] = []
  for (const [number, value] of fields) {
    if (typeof value === 'boolean') {
      parts.push(varint(number * 8 + VARINT), varint(value ? 1 : 0))
    } else if (value !== undefined) {
      const bytes = new TextEncoder().encode(value)
      parts.push(varint(number * 8 + LENGTH_DELIMITED), varint(bytes.length), bytes)
    }
  }
  return Buffer.concat(parts)
}

/**
 * Splits a message into its fields, in order. Skips fixed-width fields, which the protocol does not use.
 * Numbers above 2^53 lose precision.
 * @throws ProtobufError for malformed or truncated fields
 */
export function decodeFields(bytes: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = []
  let at = 0
  const skip = (count: number): number => {
    const start = at
    if (count > bytes.length - at) throw new ProtobufError('truncated')
    at += count
    return start
  }
  const number = (): number => {
    let value = 0
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = bytes[skip(1)] ?? 0
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return value
    }
    throw new ProtobufError('a number that does not end')
  }
  while (at < bytes.length) {
    const tag = number()
    const field = Math.floor(tag / 8)
    if (field < 1 || field > MAX_FIELD_NUMBER) throw new ProtobufError('no field number')
    switch (tag % 8) {
      case VARINT:
        fields.push({ number: field, value: number() })
        break
      case LENGTH_DELIMITED: {
        const length = number()
        const start = skip(length)
        fields.push({ number: field, value: bytes.subarray(start, start + length) })
        break
      }
      case FIXED64:
        skip(8)
        break
      case FIXED32:
        skip(4)
        break
      default:
        throw new ProtobufError('unknown wire type')
    }
  }
  return fields
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Uint8Array.from([...bytes, rest])
}
