import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ROOT, runStep, type Step } from '../run-step.ts'
import { duration, type Figure, summaryOf } from './summary.ts'

/** A step with its heading. */
export type RehearsalStep = Step & { readonly title: string }

/** Parts of the rehearsal. Tests are sequential, so that their times are those of a user. */
export function rehearsalSteps(): readonly RehearsalStep[] {
  const tests = (project: string): Step => ({
    command: 'vitest',
    args: ['run', '--project', project, 'e2e/publish'],
    // CI: without a control plane the tests fail instead of being skipped.
    env: { PUBLISH: 'all', IMAGE_TEST: 'required', CI: 'true' },
  })
  return [
    { title: 'build all packages', command: 'npm', args: ['run', 'build'], isQuiet: true },
    { title: 'packages: publish to Verdaccio, install from it', ...tests('published') },
    { title: 'chart and image: push to Distribution, sign, pull, install', ...tests('cluster') },
  ]
}

/** Publishes this checkout to registries on this machine. @param steps @default all @returns the exit code */
export async function rehearse(steps: readonly RehearsalStep[] = rehearsalSteps()): Promise<number> {
  const startMs = performance.now()
  const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }
  console.info(`Rehearsal of ${version} with registries on this machine, in ${steps.length} steps.`)
  // Every temporary file is in this folder, also those of a program that was killed. Servers with another user enter it.
  const directory = await mkdtemp(path.join(tmpdir(), 'acksm-release-'))
  await chmod(directory, 0o711)
  const figures = path.join(directory, 'figures')
  try {
    for (const [index, { title, ...step }] of steps.entries()) {
      const name = `${index + 1}/${steps.length} ${title}`
      console.info(`\n${name}`)
      const stepMs = performance.now()
      const env = { ...step.env, TMPDIR: directory, TEST_REPORT: 'steps', TEST_ANNOTATIONS: figures }
      const code = await runStep({ ...step, env })
      const seconds = (performance.now() - stepMs) / 1000
      if (code !== 0) {
        console.error(
          `\nThe rehearsal of ${version} FAILED in step ${name}, with exit code ${code}, after ${duration(seconds)}.`,
        )
        return code
      }
      console.info(`${name}: done in ${duration(seconds)}`)
    }
    const seconds = (performance.now() - startMs) / 1000
    console.info(`\n${summaryOf({ version, seconds, arch: process.arch, figures: await figuresIn(figures) })}`)
    return 0
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function figuresIn(file: string): Promise<readonly Figure[]> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Figure)
}
