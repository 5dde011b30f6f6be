/** Lets long computations run one per turn of the event loop; groups take turns. */
export class TurnQueue {
  /** Resolvers by group, in the order of their turns. */
  readonly #waiting = new Map<string, (() => void)[]>()

  /** Resolves in a turn of the event loop in which no other caller of this queue runs. */
  next(group: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) setImmediate(this.#serve)
      const line = this.#waiting.get(group)
      if (line) line.push(resolve)
      else this.#waiting.set(group, [resolve])
    })
  }

  readonly #serve = (): void => {
    const [first] = this.#waiting
    if (!first) return
    const [group, line] = first
    this.#waiting.delete(group)
    line.shift()?.()
    if (line.length > 0) this.#waiting.set(group, line)
    if (this.#waiting.size > 0) setImmediate(this.#serve)
  }
}
