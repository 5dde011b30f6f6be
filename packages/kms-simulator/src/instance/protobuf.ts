/** A field to encode: absent and empty ones are omitted, as in proto3. */
export type ProtobufField = readonly [number: number, value: string | number | boolean | undefined]

/** A decoded field: varints as numbers, length-delimited ones as bytes. */
export interface ReadField {
  readonly number: number
  readonly value: number | Uint8Array
}

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5
const MAX_VARINT_BYTES = 10

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return bytes
}

/** Encodes a message. Numbers must be integers ≥ 0. */
export function encodeProtobuf(fields: readonly ProtobufField[]): Buffer {
  const parts = fields.flatMap(([number, value]) => {
    if (value === undefined || value === '' || value === 0 || value === false) return []
    if (typeof value === 'string') {
      const bytes = Buffer.from(value)
      return [Buffer.from([...varint(number * 8 + LENGTH_DELIMITED), ...varint(bytes.length)]), bytes]
    }
    return [Buffer.from([...varint(number * 8 + VARINT), ...varint(Number(value))])]
  })
  return Buffer.concat(parts)
}

/** Reads the next element; undefined if it is malformed. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  varint(): number | undefined {
    let value = 0n
    for (let count = 0; count < MAX_VARINT_BYTES; count += 1) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) return undefined
      this.#at += 1
      value |= BigInt(byte & 0x7f) << BigInt(count * 7)
      if (byte < 0x80) return Number(BigInt.asUintN(64, value))
    }
    return undefined
  }

  take(length: number | undefined): Uint8Array | undefined {
    if (length === undefined || length > this.#bytes.length - this.#at) return undefined
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

/** Decodes a message field by field; undefined if it is malformed or contains groups. */
export function decodeProtobuf(bytes: Uint8Array): ReadField[] | undefined {
  const reader = new Reader(bytes)
  const fields: ReadField[] = []
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag === undefined || tag < 8 || tag > 0xffff_ffff) return undefined
    const value = readValue(reader, tag % 8)
    if (value === undefined) return undefined
    fields.push({ number: Math.floor(tag / 8), value })
  }
  return fields
}

function readValue(reader: Reader, wireType: number): number | Uint8Array | undefined {
  switch (wireType) {
    case VARINT:
      return reader.varint()
    case LENGTH_DELIMITED:
      return reader.take(reader.varint())
    case FIXED64:
      return reader.take(8)
    case FIXED32:
      return reader.take(4)
    default:
      return undefined
  }
}
