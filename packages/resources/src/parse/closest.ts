import leven from 'leven'

/** The candidate most similar to `name`, ignoring case; undefined if none is similar enough for a suggestion. */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  // No field has a longer name, and the comparison is quadratic.
  if (name.length > 64) return undefined
  const near = [...candidates]
    .map((candidate) => ({ candidate, distance: leven(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
  return near.toSorted((a, b) => a.distance - b.distance)[0]?.candidate
}
