/** Position and cause of a failed template. Contains no value. */
export interface EngineFailure {
  /** From 1; 0 if unknown. */
  readonly line: number
  readonly column: number
  readonly problem: string
  /** Go's own message, which may contain values. Only for a verbose request. */
  readonly fullText?: string
}

/** Result of one template. */
export type EngineResult =
  | { readonly kind: 'output'; readonly output: Uint8Array<ArrayBuffer> }
  | ({ readonly kind: 'failure' } & EngineFailure)

const KIND_OUTPUT = 0
const decoder = new TextDecoder()

/** Reads the engine's response for one template; the output is a copy. */
export function decodeResult(bytes: Uint8Array): EngineResult {
  const reader = new Reader(bytes)
  if (reader.number() === KIND_OUTPUT) return { kind: 'output', output: reader.bytes().slice() }
  const failure = { kind: 'failure', line: reader.number(), column: reader.number(), problem: reader.text() } as const
  return reader.atEnd ? failure : { ...failure, fullText: reader.text() }
}

/** Reads the engine's list of functions: each with the reason why templates cannot call it, empty if they can. */
export function decodeFunctions(bytes: Uint8Array): ReadonlyMap<string, string> {
  const reader = new Reader(bytes)
  return new Map(Array.from({ length: reader.number() }, () => [reader.text(), reader.text()]))
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  number(): number {
    const value = this.#view.getUint32(this.#at, true)
    this.#at += 4
    return value
  }

  bytes(): Uint8Array {
    const length = this.number()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  text(): string {
    return decoder.decode(this.bytes())
  }
}
