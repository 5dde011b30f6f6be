/**
 * Whether the whole of `name` matches: `*` stands for any characters of one segment of a path, `**` for any characters.
 * Takes time in proportion to the product of both lengths, whatever the pattern.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const parts = pattern.match(/\*\*+|\*|[^*]+/g) ?? []
  // Ends of the beginnings of `name` that the parts so far can stand for.
  let ends = new Set([0])
  for (const part of parts) {
    ends = part.startsWith('*') ? afterStar(name, ends, part.length > 1) : afterText(name, ends, part)
    if (ends.size === 0) return false
  }
  return ends.has(name.length)
}

function afterText(name: string, starts: ReadonlySet<number>, text: string): Set<number> {
  const ends = new Set<number>()
  for (const start of starts) if (name.startsWith(text, start)) ends.add(start + text.length)
  return ends
}

function afterStar(name: string, starts: ReadonlySet<number>, crosses: boolean): Set<number> {
  const ends = new Set<number>()
  for (const start of starts) {
    for (let end = start; end <= name.length && !ends.has(end); end += 1) {
      ends.add(end)
      if (!crosses && name[end] === '/') break
    }
  }
  return ends
}
