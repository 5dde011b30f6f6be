import { access, constants, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Progress } from '@ack-secret-manager/control-plane'
import { OPERATOR, UsageError } from '@ack-secret-manager/testenv'
import type { CompareOptions } from './compare-options.ts'
import { renderPage } from './page/page.ts'
import { renderPlot } from './page/plot.ts'
import { planRuns } from './plan-runs.ts'
import { type Comparison, parseComparison, withRun, writeComparison } from './record/comparison.ts'
import { thisCommit } from './record/this-machine.ts'
import { makeRun } from './run-comparison.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Files of a comparison. */
const FILES = { figures: 'figures.json', page: 'README.md', plot: 'plot.svg' } as const

/**
 * Makes the runs, and writes figures, page and plot after each of them, so that an interruption loses one run.
 * @returns number of failed runs
 */
export async function compare(options: CompareOptions, progress: Progress): Promise<number> {
  const folder = path.resolve(ROOT, options.output)
  let comparison = await readFigures(folder)
  let failed = 0
  if (!options.render) {
    await requireExecutables(options)
    const commit = thisCommit(folder)
    const { runs, leftOut } = planRuns(options, comparison, commit)
    for (const line of leftOut) progress.note(line)
    await OPERATOR.ensure((text) => progress.note(text))
    for (const [index, planned] of runs.entries()) {
      const { contender, resources, users, run } = planned
      progress.note(
        `run ${index + 1} of ${runs.length}: ${contender.name}, ${resources} resources, ${users} for a secret, run ${run}`,
      )
      try {
        comparison = withRun(comparison, await makeRun(planned, options, { commit, progress }))
        await writeAll(folder, comparison)
      } catch (error) {
        failed += 1
        progress.note(
          `this run failed, its earlier figures stay: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
    }
  }
  await writeAll(folder, comparison)
  progress.note(`wrote ${Object.values(FILES).join(', ')} in ${options.output}`)
  return failed
}

async function requireExecutables({ binaries }: CompareOptions): Promise<void> {
  for (const [flag, file] of [
    ['go-operator', binaries.released],
    ['go-uncapped', binaries.uncapped],
  ] as const) {
    if (file === undefined) continue
    await access(file, constants.X_OK).catch(() => {
      throw new UsageError(`--${flag} ${file}: no executable file`)
    })
  }
}

async function readFigures(folder: string): Promise<Comparison> {
  const file = path.join(folder, FILES.figures)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  try {
    return text === undefined ? { version: 1, runs: [] } : parseComparison(text)
  } catch (error) {
    throw new Error(`${file} cannot be read; move it away to start without earlier figures`, { cause: error })
  }
}

async function writeAll(folder: string, comparison: Comparison): Promise<void> {
  await mkdir(folder, { recursive: true })
  const figures = writeComparison(comparison)
  // From the rounded figures, so that a later --render gives the same page.
  const stored = parseComparison(figures)
  const contents = [
    [FILES.figures, figures],
    [FILES.page, renderPage(stored)],
    [FILES.plot, renderPlot(stored)],
  ] as const
  for (const [name, content] of contents) {
    const file = path.join(folder, name)
    await writeFile(`${file}.new`, content)
    await rename(`${file}.new`, file)
  }
}
