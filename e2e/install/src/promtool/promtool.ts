import { spawnSync } from 'node:child_process'
import { beforeAll, beforeEach } from 'vitest'
import { promtoolBinary } from './promtool-binary.ts'

/** Runs promtool. @returns exit code and output */
export type Promtool = (
  args: readonly string[],
  input?: string,
) => { readonly status: number | null; readonly said: string }

const RUN_DEADLINE_MS = 200_000
const BUILD_DEADLINE_MS = 30 * 60_000

/**
 * The promtool of `PROMTOOL`, of the cache, or built now. Tests of the file, or of the `describe` that this is called in, are
 * skipped where it cannot be built; where the project is checked they fail.
 */
export function usePromtool(): Promtool {
  const { PROMTOOL: given, CI } = process.env
  let binary = given ?? ''
  let problem: string | undefined
  beforeAll(async () => {
    try {
      binary ||= await promtoolBinary()
    } catch (error) {
      if (CI === 'true') throw error
      problem = `there is no promtool: ${error instanceof Error ? error.message : String(error)}`
    }
  }, BUILD_DEADLINE_MS)
  beforeEach(({ skip }) => skip(problem !== undefined, problem))
  return (args, input = '') => {
    const { status, stdout, stderr, error } = spawnSync(binary, args, {
      input,
      encoding: 'utf8',
      timeout: RUN_DEADLINE_MS,
    })
    if (error !== undefined) throw error
    return { status, said: `${stdout}${stderr}` }
  }
}

/** Complaints of promtool about a metrics page, except for the process metrics of prom-client. */
export function complaintsOf(promtool: Promtool, page: string): readonly string[] {
  const { said } = promtool(['check', 'metrics'], page)
  return said.split('\n').filter((line) => line !== '' && !/^(process|nodejs)_/.test(line))
}
