/** What is left of the steps that the patterns of one store may take for one name. */
export interface GlobSteps {
  left: number
}

/** A pattern for names of secrets: `*` stands for any characters of one segment of a path, `**` for any characters. */
export class SecretGlob {
  readonly pattern: string
  readonly #parts: readonly string[]

  constructor(pattern: string) {
    this.pattern = pattern
    this.#parts = pattern.match(/\*\*+|\*|[^*]+/g) ?? []
  }

  /** Whether the whole of `name` matches; false once no steps are left. Spends a step per character of `name` and part. */
  matches(name: string, steps: GlobSteps): boolean {
    const [first = ''] = this.#parts
    if (!first.startsWith('*') && !name.startsWith(first)) return false
    // 1 at the ends of the beginnings of `name` that the parts so far can stand for.
    let ends = new Uint8Array(name.length + 1)
    ends[0] = 1
    for (const part of this.#parts) {
      steps.left -= ends.length
      if (steps.left < 0) return false
      ends = part.startsWith('*') ? afterStar(name, ends, part.length > 1) : afterText(name, ends, part)
    }
    return ends[name.length] === 1
  }
}

function afterText(name: string, starts: Uint8Array, text: string): Uint8Array<ArrayBuffer> {
  const ends = new Uint8Array(starts.length)
  for (let start = 0; start + text.length < starts.length; start += 1) {
    if (starts[start] === 1 && name.startsWith(text, start)) ends[start + text.length] = 1
  }
  return ends
}

function afterStar(name: string, starts: Uint8Array, crosses: boolean): Uint8Array<ArrayBuffer> {
  const ends = new Uint8Array(starts.length)
  let isOpen = false
  for (let end = 0; end < ends.length; end += 1) {
    isOpen ||= starts[end] === 1
    if (isOpen) ends[end] = 1
    if (!crosses && name[end] === '/') isOpen = false
  }
  return ends
}

/** {@link SecretGlob} for one look at a pattern that the operator's own flags give. */
export function matchesGlob(pattern: string, name: string): boolean {
  return new SecretGlob(pattern).matches(name, { left: Infinity })
}
