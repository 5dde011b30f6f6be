import { appendFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'

/** Where a reporter writes. */
export interface StepReporterOptions {
  /** @default process.stdout */
  readonly write?: (text: string) => void
  /** File that receives each annotation as a line of JSON: `{"type", "message"}`. @default none */
  readonly annotations?: string | undefined
}

/** One line for each test when it ends, with its time and annotations: for a run of few, long tests that a person follows. */
export class StepReporter implements Reporter {
  readonly #write: (text: string) => void
  readonly #annotations: string | undefined
  #vitest: Pick<Vitest, 'logger'> | undefined

  constructor({ write = (text) => void process.stdout.write(text), annotations }: StepReporterOptions = {}) {
    this.#write = write
    this.#annotations = annotations
  }

  onInit(vitest: Pick<Vitest, 'logger'>): void {
    this.#vitest = vitest
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result()
    const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1)
    const time = state === 'skipped' ? state : `${seconds} s`
    this.#write(`${MARKS[state] ?? '?'} ${test.fullName.replaceAll(' > ', ': ')} (${time})\n`)
    for (const { type, message } of test.annotations()) {
      this.#write(`    ${message}\n`)
      if (this.#annotations !== undefined)
        appendFileSync(this.#annotations, `${JSON.stringify({ type, message })}\n`, { mode: 0o600 })
    }
    this.#print(errors)
  }

  /** Errors of hooks. */
  onTestSuiteResult(suite: TestSuite): void {
    this.#print(suite.errors())
  }

  /** Errors while a file is loaded. */
  onTestModuleEnd(module: TestModule): void {
    this.#print(module.errors())
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.#print(unhandled)
  }

  #print(errors: readonly SerializedError[] = []): void {
    for (const error of errors) this.#vitest?.logger.printError(error)
  }
}

const MARKS: Readonly<Record<string, string>> = { passed: '✓', failed: '✗', skipped: '-' }
