import { SecretSyncError } from '@ack-secret-manager/core'

const NEWLINE = 0x0a

/** Cuts a byte stream into lines. Bytes are decoded line by line, so that no character is cut in two. */
export class LineSplitter {
  readonly #maxLineBytes: number
  #pending: Uint8Array[] = []
  #pendingBytes = 0

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /**
   * The lines that `chunk` completes, without their newline; empty ones are left out.
   * @throws SecretSyncError `InvalidResponse` when a line grows beyond the limit
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

  /** Bytes of a line that has not ended. */
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
      throw new SecretSyncError('InvalidResponse', `a line of the watch is longer than ${this.#maxLineBytes} bytes`)
    }
    this.#pending.push(part)
  }
}
