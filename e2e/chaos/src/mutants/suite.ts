import { Program, type ProgramOptions } from '@ack-secret-manager/testenv'

/** One step of the suite that must find mutants. The quickest step is first. */
export interface SuiteStep extends Pick<ProgramOptions, 'name' | 'script' | 'args' | 'nodeArgs'> {
  /** A step that takes longer counts as failed, because the mutant hangs. */
  readonly deadlineMs: number
}

/** Script of Vitest in a copy. */
export const VITEST = 'node_modules/vitest/vitest.mjs'
const STOP_DEADLINE_MS = 10_000
const KEPT_TEXT = 4_000

/** All steps. */
export const SUITE: readonly SuiteStep[] = [
  {
    name: 'cluster',
    script: VITEST,
    args: [
      'run',
      '--bail=1',
      '--reporter=dot',
      '--project=cluster',
      'packages/k8s-writer/src/',
      'packages/k8s-client/src/watch/reflector.cluster.test.ts',
      'e2e/chaos/src/cluster-tests/handover.cluster.test.ts',
      'e2e/chaos/src/cluster-tests/two-leaders.cluster.test.ts',
      'e2e/chaos/src/cluster-tests/compacted-history.cluster.test.ts',
    ],
    deadlineMs: 900_000,
  },
  {
    name: 'chaos',
    script: 'e2e/chaos/src/main.ts',
    args: ['--seed', '1', '--minutes', '0.5'],
    nodeArgs: ['--conditions=@ack-secret-manager/source'],
    deadlineMs: 480_000,
  },
]

/** Result of a step. */
export interface StepResult {
  readonly result: 'passed' | 'failed' | 'hung'
  /** End of its output. */
  readonly output: string
}

/** Runs one step in a copy, and ends it when the signal aborts. */
export async function runSuiteStep(
  { name, script, args, nodeArgs = [], deadlineMs }: SuiteStep,
  { directory, signal }: { readonly directory: string; readonly signal: AbortSignal },
): Promise<StepResult> {
  await using program = Program.start({ name, script, args, nodeArgs, cwd: directory })
  const late = AbortSignal.timeout(deadlineMs)
  const ended = AbortSignal.any([signal, late])
  const stop = (): unknown => program.stop(STOP_DEADLINE_MS)
  if (ended.aborted) stop()
  ended.addEventListener('abort', stop, { once: true })
  const code = await program.exited
  const output = program.lines.join('\n').slice(-KEPT_TEXT)
  return { result: late.aborted ? 'hung' : code === 0 ? 'passed' : 'failed', output }
}
