import { SecretSyncError } from '@ack-secret-manager/core'

const NEWLINE = 0x0a

/** Splits a byte stream into lines. Decodes whole lines only, so that chunks may split a character. */
export class LineSplitter {
  readonly #maxLineBytes: number
  #pending: Uint8Array[] = []
  #pendingBytes = 0

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /**
   * Yields the lines that `chunk` completes, without their newline; empty lines are skipped.
   * @throws SecretSyncError `InvalidResponse` if a line exceeds the limit
   */
  *push(chunk: Uint8Array): Generator<string, void, void> {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = this.#take(chunk.subarray(start, end))
      start = end + 1
      if (line !== '') yield line
    }
    if (start < chunk.byteLength) this.#keep(chunk.subarray(start))
  }

  /** Bytes of the incomplete last line. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  #take(end: Uint8Array): string {
    this.#keep(end)
    const line = Buffer.concat(this.#pending, this.#pendingBytes).toString('utf8')
    this.#pending = []
    this.#pendingBytes = 0
    return line
  }

  #keep(part: Uint8Array): void {
    this.#pendingBytes += part.byteLength
    if (this.#pendingBytes > this.#maxLineBytes) {
      throw new SecretSyncError('InvalidResponse', `a watch event is longer than ${this.#maxLineBytes} bytes`)
    }
    this.#pending.push(part)
  }
}
