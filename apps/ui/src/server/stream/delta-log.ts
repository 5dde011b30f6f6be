import { randomBytes } from 'node:crypto'

/** Limits of the deltas that are held for pages that are slow or reconnect; a page that is further behind gets a snapshot. */
const MAX_ENTRIES = 256
const MAX_BYTES = 4 * 1024 * 1024

interface Entry {
  readonly sequence: number
  readonly text: string
}

/** The text of an event of the stream, and its position. */
export interface LoggedEvent {
  readonly sequence: number
  readonly text: string
}

/** An event without its position. */
export interface StreamPart {
  readonly event: 'snapshot' | 'delta'
  readonly data: object
}

/** The latest deltas as the texts of events, within limits, and the snapshot that they lead to. */
export class DeltaLog {
  readonly #epoch = randomBytes(6).toString('hex')
  readonly #snapshotOf: () => Iterable<StreamPart>
  readonly #waiting = new Set<() => void>()
  #entries: Entry[] = []
  #bytes = 0
  #sequence = 0

  /** @param snapshotOf the snapshot with all deltas that were appended, as it is at the call, in parts that are made when they are taken */
  constructor(snapshotOf: () => Iterable<StreamPart>) {
    this.#snapshotOf = snapshotOf
  }

  /** Bytes of the deltas that are held. */
  get bytes(): number {
    return this.#bytes
  }

  append(delta: object): void {
    this.#sequence += 1
    const text = this.#eventText({ event: 'delta', data: delta }, this.#sequence)
    this.#entries.push({ sequence: this.#sequence, text })
    this.#bytes += text.length
    while (this.#entries.length > MAX_ENTRIES || this.#bytes > MAX_BYTES)
      this.#bytes -= this.#entries.shift()?.text.length ?? 0
    this.#wake()
  }

  /** Something changed that is too large for a delta: each page gets a snapshot. */
  skip(): void {
    this.#sequence += 1
    this.#entries = []
    this.#bytes = 0
    this.#wake()
  }

  /** The snapshot, and the position that a page has after its last text. Only that text has it: a page that misses one begins again. */
  snapshot(): { readonly sequence: number; readonly texts: Iterable<string> } {
    const sequence = this.#sequence
    return { sequence, texts: this.#textsOf(this.#snapshotOf(), sequence) }
  }

  /** The position in the id of an event that a page received; undefined for one of another server, or for none. */
  positionOf(id: string | undefined): number | undefined {
    const [, epoch, sequence] = /^([0-9a-f]{12})-(\d{1,15})$/.exec(id ?? '') ?? []
    if (epoch !== this.#epoch || sequence === undefined || Number(sequence) > this.#sequence) return undefined
    return Number(sequence)
  }

  /** The deltas after a position, as one text; undefined if some are no longer held. */
  after(sequence: number): LoggedEvent | undefined {
    const first = this.#entries[0]?.sequence ?? this.#sequence + 1
    if (sequence + 1 < first) return undefined
    const entries = this.#entries.slice(sequence + 1 - first)
    return { sequence: entries.at(-1)?.sequence ?? sequence, text: entries.map(({ text }) => text).join('') }
  }

  /** Resolves with the next delta, or when the signal aborts. */
  changed(sequence: number, signal: AbortSignal): Promise<void> {
    if (sequence < this.#sequence || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  *#textsOf(parts: Iterable<StreamPart>, sequence: number): Generator<string, void, void> {
    let before: StreamPart | undefined
    for (const part of parts) {
      if (before !== undefined) yield this.#eventText(before)
      before = part
    }
    if (before !== undefined) yield this.#eventText(before, sequence)
  }

  #eventText({ event, data }: StreamPart, sequence?: number): string {
    const id = sequence === undefined ? '' : `id: ${this.#epoch}-${sequence}\n`
    // JSON has no line breaks, so one `data` line holds it.
    return `${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  }
}
