import { writeFile } from 'node:fs/promises'
import { exitOnClosedPipe, UsageError } from '@ack-secret-manager/testenv'
import { type BenchOptions, HELP, parseBenchOptions } from './bench-options.ts'
import type { BenchResult } from './report/bench-result.ts'
import { ensureOperatorBundle } from './operator-bundle.ts'
import { Progress } from './progress.ts'
import { renderFlatness, renderProfile, renderResult } from './report/report.ts'
import { type BenchRun, profileFirstSync, runBench } from './run-bench.ts'

async function main(argv: readonly string[]): Promise<number> {
  let options: BenchOptions | 'help'
  try {
    options = parseBenchOptions(argv)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`bench: ${error.message}\n`)
    return 2
  }
  if (options === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  const stop = new AbortController()
  process.once('SIGINT', () => {
    stop.abort()
    // Without `keep` there is nothing to wait for.
    if (options.keep) return
    process.exit(130)
  })
  await runAll(options, stop.signal)
  return 0
}

async function runAll(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const progress = new Progress()
  await ensureOperatorBundle((text) => progress.note(text))
  const results: BenchResult[] = []
  for (const resources of options.resources) {
    const run: BenchRun = { ...options, resources, secrets: Math.min(options.secrets ?? resources, resources), signal }
    if (options.profile) process.stdout.write(`${renderProfile(await profileFirstSync(run, progress))}\n\n`)
    else {
      const result = await runBench(run, progress)
      results.push(result)
      process.stdout.write(`${renderResult(result)}\n\n`)
    }
  }
  const flat = renderFlatness(results)
  if (flat !== '') process.stdout.write(`${flat}\n`)
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`)
}

exitOnClosedPipe()
process.exitCode = await main(process.argv.slice(2))
