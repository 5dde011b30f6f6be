import { constants } from 'node:os'
import { defineTool, runTool, UsageError } from '@ack-secret-manager/testenv'
import { MUTANTS } from './mutants.ts'
import { runSuiteStep, type SuiteStep, SUITE } from './suite.ts'
import { WorkspaceCopy } from './workspace-copy.ts'

const STEPS = SUITE.map(({ name }) => name)

const TOOL = defineTool({
  name: 'mutants',
  description: 'Applies one defect at a time to a copy of the sources, and checks that the tests fail.',
  examples: [],
  flags: {
    only: { kind: 'text', value: 'TEXT,…', help: 'mutants with one of these texts in their name or file' },
    stages: { kind: 'text', value: 'STEP,…', help: `only these steps of the suite: ${STEPS.join(', ')}` },
  },
  options: ({ only = '', stages }) => {
    const names = stages?.split(',') ?? STEPS
    const unknown = names.find((name) => !STEPS.includes(name))
    if (unknown !== undefined) throw new UsageError(`--stages ${unknown}: expected some of ${STEPS.join(', ')}`)
    const texts = only.split(',')
    const mutants = MUTANTS.filter(({ name, file }) => texts.some((text) => name.includes(text) || file.includes(text)))
    if (mutants.length === 0) throw new UsageError(`--only ${only}: no mutant has that name or file`)
    return { mutants, stages: SUITE.filter(({ name }) => names.includes(name)) }
  },
})

const stop = new AbortController()
let stopCode = 0
function end(exitCode: number): void {
  stopCode = exitCode
  stop.abort()
}

async function runMutants({ mutants, stages }: ReturnType<typeof TOOL.options>): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end(128 + constants.signals[signal]))
  await using copy = await WorkspaceCopy.make()
  const run = { directory: copy.directory, signal: stop.signal }
  for (const stage of stages) {
    log(`unchanged sources: ${stage.name}`)
    const { result, output } = await runSuiteStep(stage, run)
    if (stop.signal.aborted) return stopCode
    if (result !== 'passed') {
      process.stderr.write(`${output}\n`)
      process.stderr.write(`mutants: ${stage.name} fails with the unchanged sources; fix that first\n`)
      return 2
    }
  }
  const killers: string[] = []
  for (const mutant of mutants) {
    const by = await copy.withMutant(mutant, () => killerOf(stages, run))
    if (stop.signal.aborted) return stopCode
    if (by !== undefined) killers.push(by.stage)
    const how = by?.isHung === true ? ' (timeout)' : ''
    log(`${by ? `killed by ${by.stage}${how}` : 'SURVIVED'}: ${mutant.name} (${mutant.file})`)
  }
  const killed = killers.length
  const shares = stages.map(({ name }) => `${killers.filter((by) => by === name).length} by ${name}`)
  log(`killed ${killed}/${mutants.length}: ${shares.join(', ')}`)
  return killed === mutants.length ? 0 : 1
}

/** The first step that fails; undefined if none does. */
async function killerOf(
  stages: readonly SuiteStep[],
  run: Parameters<typeof runSuiteStep>[1],
): Promise<{ readonly stage: string; readonly isHung: boolean } | undefined> {
  for (const stage of stages) {
    const { result } = await runSuiteStep(stage, run)
    if (result !== 'passed') return { stage: stage.name, isHung: result === 'hung' }
  }
  return undefined
}

function log(line: string): void {
  process.stdout.write(`${line}\n`)
}

await runTool(TOOL, runMutants, end)
