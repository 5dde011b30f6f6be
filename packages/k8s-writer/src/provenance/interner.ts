/** When so many have come the words are no few that all repeat, and sharing starts anew. */
const MAX_STRINGS = 10_000

/** Gives equal strings as one and the same, so that thousands of objects share what they repeat. */
export class Interner {
  readonly #strings = new Map<string, string>()

  of<Text extends string>(text: Text): Text {
    const known = this.#strings.get(text)
    // Equal to what was given.
    if (known !== undefined) return known as Text
    if (this.#strings.size >= MAX_STRINGS) this.#strings.clear()
    this.#strings.set(text, text)
    return text
  }
}
