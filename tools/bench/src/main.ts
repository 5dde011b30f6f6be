import { writeFile } from 'node:fs/promises'
import { createProgress, type Progress } from '@ack-secret-manager/control-plane'
import { OPERATOR, runTool } from '@ack-secret-manager/testenv'
import { BENCH, type BenchOptions } from './bench-options.ts'
import { compare } from './compare/compare.ts'
import { COMPARE, type CompareOptions } from './compare/compare-options.ts'
import type { BenchResult } from './report/bench-result.ts'
import { renderFlatness, renderProfile, renderResult } from './report/report.ts'
import { type BenchRun, profileFirstSync, runBench } from './run-bench.ts'
import { UnfinishedRunError } from './unfinished-run-error.ts'

async function runAll(options: BenchOptions, signal: AbortSignal, progress: Progress): Promise<void> {
  await OPERATOR.ensure((text) => progress.note(text))
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

async function runComparison(options: CompareOptions): Promise<number> {
  const progress = createProgress({ stream: process.stderr, name: 'bench' })
  // Children end with this process.
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  try {
    return (await compare(options, progress)) === 0 ? 0 : 1
  } finally {
    progress.close()
  }
}

async function runMeasurements(options: BenchOptions): Promise<number> {
  const stop = new AbortController()
  process.once('SIGTERM', () => process.exit(143))
  process.once('SIGINT', () => {
    stop.abort()
    // Without `keep` there is nothing to wait for.
    if (!options.keep) process.exit(130)
  })
  const progress = createProgress({ stream: process.stderr, name: 'bench' })
  try {
    await runAll(options, stop.signal, progress)
    return 0
  } catch (error) {
    if (!(error instanceof UnfinishedRunError)) throw error
    progress.note(error.message)
    return 1
  } finally {
    progress.close()
  }
}

await (process.argv.includes('--compare') ? runTool(COMPARE, runComparison) : runTool(BENCH, runMeasurements))
