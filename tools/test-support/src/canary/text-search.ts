/** A text to search for, and what it means. */
export interface WantedText<What> {
  readonly text: string
  readonly what: What
}

/** The first place of a wanted text. */
export interface FoundText<What> {
  readonly what: What
  /** Position in the text, in characters. */
  readonly index: number
}

/** Number of first characters that are compared together. */
const HEAD = 4
const FILTER_BITS = 20
/** Spreads the heads over the filter. */
const SPREAD = 0x9e_37_79_b1

/** Searches for thousands of texts at once, in one pass over the searched text. */
export class TextSearch<What> {
  readonly #wanted: readonly WantedText<What>[]
  readonly #byHead = new Map<number, WantedText<What>[]>()
  /** Not zero where a head of a wanted text may be, so that other positions cost no look-up. */
  readonly #filter = new Uint8Array(2 ** FILTER_BITS)

  /** @throws Error for a text of less than four characters */
  constructor(wanted: readonly WantedText<What>[]) {
    this.#wanted = wanted
    for (const each of wanted) {
      if (each.text.length < HEAD) throw new Error(`a wanted text has less than ${HEAD} characters`)
      const head = headOf(each.text)
      this.#byHead.set(head, [...(this.#byHead.get(head) ?? []), each])
      this.#filter[placeOf(head)] = 1
    }
  }

  /** The first place of each wanted text that is in `text`, in the order of the wanted texts. */
  in(text: string): readonly FoundText<What>[] {
    const found = new Map<WantedText<What>, number>()
    let head = headOf(text.slice(0, HEAD - 1))
    for (let at = HEAD - 1; at < text.length; at += 1) {
      head = (head << 8) ^ text.charCodeAt(at)
      if (this.#filter[placeOf(head)] === 0) continue
      const index = at - HEAD + 1
      for (const each of this.#byHead.get(head) ?? []) {
        if (!found.has(each) && text.startsWith(each.text, index)) found.set(each, index)
      }
    }
    return this.#wanted.flatMap((each) => {
      const index = found.get(each)
      return index === undefined ? [] : [{ what: each.what, index }]
    })
  }
}

/** Number of the first characters. Each character moves the earlier ones by 8 of 32 bits. */
function headOf(text: string): number {
  let head = 0
  for (let at = 0; at < Math.min(HEAD, text.length); at += 1) head = (head << 8) ^ text.charCodeAt(at)
  return head
}

function placeOf(head: number): number {
  return Math.imul(head, SPREAD) >>> (32 - FILTER_BITS)
}
