import { writeSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Prints only `N passed, N failed[, N skipped]` on the last line, the format that CI reads. */
export class CountReporter implements Reporter {
  readonly #alsoFailed: () => number

  /** @param alsoFailed returns the failures outside of tests; called after all tests */
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
      // A file that does not load has no tests, but is a failure.
      if (count.failed === failedBefore && !module.ok()) count.failed += 1
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    // At the exit, because a worker that ends late is reported after this.
    process.once('exit', () => writeSync(1, `\n${count.passed} passed, ${count.failed} failed${skipped}\n`))
  }
}
