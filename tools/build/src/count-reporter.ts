import type { Reporter, TestModule } from 'vitest/node'

/** Prints `N passed, N failed[, N skipped]` alone on the last line, the form that CI reads. */
export class CountReporter implements Reporter {
  readonly #alsoFailed: () => number

  /** @param alsoFailed what has failed and is no test, asked when all tests are over */
  constructor(alsoFailed: () => number = () => 0) {
    this.#alsoFailed = alsoFailed
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length + this.#alsoFailed(), skipped: 0 }
    for (const module of modules) {
      const failedBefore = count.failed
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        count[state === 'passed' || state === 'failed' ? state : 'skipped'] += 1
      }
      // A file that does not load has no tests, yet it is a failure.
      if (count.failed === failedBefore && !module.ok()) count.failed += 1
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`)
  }
}
