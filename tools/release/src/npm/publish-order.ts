/** What decides about the order. */
export interface Publishable {
  readonly name: string
  /** Names of everything that it needs when it is installed. */
  readonly needs: readonly string[]
}

/**
 * Packages before those that need them, so that each is installable from the moment it is published. Equal ones by name.
 * @throws Error for a cycle
 */
export function publishOrder(packages: readonly Publishable[]): string[] {
  const names = new Set(packages.map(({ name }) => name))
  const waiting = new Map(packages.map(({ name, needs }) => [name, needs.filter((need) => names.has(need))]))
  const order: string[] = []
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, needs]) => !needs.some((need) => waiting.has(need))).map(([name]) => name)
    if (ready.length === 0)
      throw new Error(`these packages need each other: ${[...waiting.keys()].toSorted().join(', ')}`)
    for (const name of ready.toSorted()) {
      waiting.delete(name)
      order.push(name)
    }
  }
  return order
}
