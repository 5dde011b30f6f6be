/** A value as it is stored. */
export interface StoredValue {
  /** A text is stored as text, bytes as binary. */
  readonly value: string | Uint8Array
  /** Without a part of the value: `text, 12 bytes`. */
  readonly description: string
  /** The text ends with a line break, which a user seldom wants. */
  readonly endsWithNewline: boolean
}

/** How to store bytes. */
export interface ValueOptions {
  readonly isBinary: boolean
  readonly trimNewline: boolean
}

const [LF, CR] = [10, 13]

/** Decides whether bytes are stored as text or as binary. Pure. */
export function valueOf(input: Uint8Array, { isBinary, trimNewline }: ValueOptions): StoredValue {
  const bytes = trimNewline ? withoutNewline(input) : input
  const text = isBinary ? undefined : utf8(bytes)
  const description = `${text === undefined ? 'binary' : 'text'}, ${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'}`
  return { value: text ?? bytes, description, endsWithNewline: text?.endsWith('\n') ?? false }
}

/** Without one line break at the end, `\n` or `\r\n`. */
export function withoutNewline(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== LF) return bytes
  return bytes.subarray(0, bytes.at(-2) === CR ? -2 : -1)
}

/** The text of UTF-8 bytes; undefined if they are none. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
