const EVERY_MS = 100

/** Measures how much later than requested this process runs its timers, because the machine is busy. */
export class LateTimer implements Disposable {
  /** Sum of all delays. */
  totalMs = 0
  readonly #timer: NodeJS.Timeout

  constructor() {
    let startedMs = performance.now()
    this.#timer = setInterval(() => {
      const nowMs = performance.now()
      this.totalMs += Math.max(0, nowMs - startedMs - EVERY_MS)
      startedMs = nowMs
    }, EVERY_MS)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
