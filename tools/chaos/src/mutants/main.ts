import { parseArgs } from 'node:util'
import { MUTANTS } from './mutants.ts'
import { runStage, type Stage, SUITE } from './suite.ts'
import { WorkspaceCopy } from './workspace-copy.ts'

const HELP = `Breaks the engine and the writer in a copy of the sources, one way at a time, and sees whether the tests notice.

  npm run mutants                     all of them
  npm run mutants -- --only TEXT      those with TEXT in their name
  npm run mutants -- --stages unit    only these parts of the suite, of unit, cluster and chaos, separated by commas
`

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { only: { type: 'string' }, stages: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  const names = values.stages?.split(',')
  const stages = SUITE.filter(({ name }) => names?.includes(name) ?? true)
  const mutants = MUTANTS.filter(({ name }) => name.includes(values.only ?? ''))
  if (stages.length === 0 || mutants.length === 0) {
    process.stderr.write(`mutants: nothing to do; see --help\n`)
    return 2
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  await using copy = await WorkspaceCopy.make()
  const place = { directory: copy.directory, signal: stop.signal }
  for (const stage of stages) {
    tell(`whole sources: ${stage.name}`)
    if ((await runStage(stage, place)) !== 'passed') {
      process.stderr.write(`mutants: ${stage.name} does not pass with the sources as they are; mend that first\n`)
      return 2
    }
  }
  let killed = 0
  for (const mutant of mutants) {
    const by = await copy.withBroken(mutant, () => killerOf(stages, place))
    if (stop.signal.aborted) return 130
    if (by !== undefined) killed += 1
    tell(`${by === undefined ? 'SURVIVED' : `killed by ${by}`}: ${mutant.name} (${mutant.file})`)
  }
  tell(`killed ${killed}/${mutants.length}`)
  return killed === mutants.length ? 0 : 1
}

async function killerOf(stages: readonly Stage[], place: Parameters<typeof runStage>[1]): Promise<string | undefined> {
  for (const stage of stages) {
    const verdict = await runStage(stage, place)
    if (verdict !== 'passed') return verdict === 'hung' ? `${stage.name}, which hung` : stage.name
  }
  return undefined
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}

process.exitCode = await main(process.argv.slice(2))
