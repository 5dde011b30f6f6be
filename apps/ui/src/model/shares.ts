/** The first `max`, in their order, by turns of their groups, so that those of one group do not hide all others. Pure. */
export function withShares<T>(sorted: readonly T[], max: number, groupOf: (each: T) => string): readonly T[] {
  if (sorted.length <= max) return sorted
  const taken = new Map<string, number>()
  const withTurn = sorted.map((each, index) => {
    const group = groupOf(each)
    const turn = taken.get(group) ?? 0
    taken.set(group, turn + 1)
    return { each, index, turn }
  })
  const first = withTurn.toSorted((a, b) => a.turn - b.turn).slice(0, max)
  return first.toSorted((a, b) => a.index - b.index).map(({ each }) => each)
}
