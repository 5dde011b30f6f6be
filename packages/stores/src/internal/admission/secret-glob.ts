/** A secret name that many patterns are matched against. */
export class GlobSubject {
  readonly name: string
  /** Steps left for all comparisons together; a step takes at most 10 ns. */
  left: number
  /** 1 at each offset of `name` where a match of the preceding pattern parts can end. */
  starts: Uint8Array
  ends: Uint8Array

  constructor(name: string, steps: number) {
    this.name = name
    this.left = steps
    this.starts = new Uint8Array(name.length + 1)
    this.ends = new Uint8Array(name.length + 1)
  }
}

/** A pattern for secret names: `*` matches any characters within one path segment, `**` matches any characters. */
export class SecretGlob {
  readonly pattern: string
  readonly #parts: readonly string[]

  constructor(pattern: string) {
    this.pattern = pattern
    this.#parts = pattern.match(/\*\*+|\*|[^*]+/g) ?? []
  }

  /** Whether the whole name matches; false once no steps are left. Costs one step per character of the name and pattern part. */
  matches(subject: GlobSubject): boolean {
    if (subject.left < 0) return false
    const { name } = subject
    const [first = ''] = this.#parts
    if (!first.startsWith('*') && !name.startsWith(first)) return false
    subject.starts.fill(0)
    subject.starts[0] = 1
    for (const part of this.#parts) {
      subject.left -= name.length + 1
      if (subject.left < 0) return false
      subject.ends.fill(0)
      if (part.startsWith('*')) afterStar(subject, part.length > 1)
      else afterText(subject, part)
      const { starts } = subject
      subject.starts = subject.ends
      subject.ends = starts
    }
    return subject.starts[name.length] === 1
  }
}

function afterText(subject: GlobSubject, text: string): void {
  const { name, starts, ends } = subject
  let compared = 0
  for (let start = name.indexOf(text); start !== -1; start = name.indexOf(text, start + 1)) {
    if (starts[start] === 1) ends[start + text.length] = 1
    compared += text.length
  }
  subject.left -= compared
}

function afterStar({ name, starts, ends }: GlobSubject, crosses: boolean): void {
  for (let start = starts.indexOf(1); start !== -1;) {
    const slash = crosses ? -1 : name.indexOf('/', start)
    const end = slash === -1 ? name.length : slash
    ends.fill(1, start, end + 1)
    start = starts.indexOf(1, end + 1)
  }
}

/** {@link SecretGlob} for a single match of a pattern from the operator's flags, which are trusted. */
export function matchesGlob(pattern: string, name: string): boolean {
  return new SecretGlob(pattern).matches(new GlobSubject(name, Infinity))
}
