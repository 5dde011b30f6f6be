import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'
import { CanaryRun } from './canary-run.ts'
import { type FileLeak, LeakScanner } from './leak-scanner.ts'

/** Options of {@link CanaryReporter}. */
export interface CanaryReporterOptions {
  /** @default a new one */
  readonly run?: CanaryRun
  /** @default to stdout */
  readonly write?: (text: string) => void
}

/** Number of reported leaks; the files contain the rest. */
const MAX_REPORTED = 20

/**
 * Searches all visible text of a test run for its canaries, and fails the run for a hit. It collects names and output of tests,
 * output and metrics of the programs of `testenv`, and the audit logs of the shared API servers.
 */
export class CanaryReporter implements Reporter {
  readonly #run: CanaryRun
  readonly #write: (text: string) => void
  #leaks = 0

  /** Starts a run. Later processes join it through the environment. */
  constructor(options: CanaryReporterOptions = {}) {
    this.#run = options.run ?? CanaryRun.begin()
    if (options.run === undefined) process.once('exit', () => this.#leaks === 0 && this.#run.end())
    this.#write = options.write ?? ((text) => void process.stdout.write(text))
  }

  /** Leaks of the run that has ended. */
  get leaks(): number {
    return this.#leaks
  }

  onUserConsoleLog({ content, type }: { readonly content: string; readonly type: string }): void {
    this.#run.collect(`tests-${type}`, content)
  }

  /** Synchronous, so that later reporters see its result. */
  onTestRunEnd(modules: readonly TestModule[] = []): void {
    const names = modules.flatMap((module) => [...module.children.allTests()].map(({ fullName }) => fullName))
    if (names.length > 0) this.#run.collect('tests-names', names.join('\n'))
    const { directory, marker, planted } = this.#run
    const scanner = new LeakScanner({ values: planted, marker })
    const files = readdirSync(directory).filter((file) => file.endsWith('.log'))
    const found: { readonly file: string; readonly leak: FileLeak }[] = []
    let bytes = 0
    for (const file of files) {
      const scanned = scanner.scanFile(path.join(directory, file))
      bytes += scanned.bytes
      found.push(...scanned.leaks.map((leak) => ({ file, leak })))
    }
    this.#leaks = found.length
    for (const { file, leak } of found.slice(0, MAX_REPORTED)) {
      this.#write(`canary scan: ${leak.label}, ${leak.form}, in ${path.join(directory, file)}:${leak.line}\n`)
    }
    const size = (bytes / 1e6).toFixed(1)
    this.#write(`canary scan: ${planted.length} values, ${size} MB in ${files.length} files, ${found.length} hits\n`)
    if (found.length > 0) process.exitCode = 1
    // In watch mode another run follows, with the same marker.
    else for (const file of files) rmSync(path.join(directory, file))
  }
}
