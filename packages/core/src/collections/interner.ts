/** Beyond this limit the strings are not repetitive, and the table is cleared. */
const MAX_STRINGS = 10_000
/** Longer strings are not shared, because tenants choose some of them, and the table retains them. */
const MAX_LENGTH = 512

/** Returns one instance for equal strings, so that thousands of objects share it. */
export class Interner {
  readonly #strings = new Map<string, string>()

  of<Text extends string>(text: Text): Text {
    if (text.length > MAX_LENGTH) return text
    const known = this.#strings.get(text)
    // Equal to `text`, so the type holds.
    if (known !== undefined) return known as Text
    if (this.#strings.size >= MAX_STRINGS) this.#strings.clear()
    this.#strings.set(text, text)
    return text
  }
}
