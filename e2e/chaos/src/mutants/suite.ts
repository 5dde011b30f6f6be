import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** One step of the suite that must find mutants. The quickest step is first. */
export interface SuiteStep {
  readonly name: string
  /** Arguments of Node, run in the root of the copy. */
  readonly args: readonly string[]
  /** A step that takes longer counts as failed, because the mutant hangs. */
  readonly deadlineMs: number
}

const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--bail=1', '--reporter=dot']
const CHAOS = ['--conditions=@ack-secret-manager/source', 'e2e/chaos/src/main.ts']
const STOP_DEADLINE_MS = 10_000
const KEPT_TEXT = 4_000

/** All steps. */
export const SUITE: readonly SuiteStep[] = [
  {
    name: 'cluster',
    args: [
      ...VITEST,
      '--project=cluster',
      'packages/k8s-writer/src/',
      'packages/k8s-client/src/watch/reflector.cluster.test.ts',
      'e2e/chaos/src/cluster-tests/handover.cluster.test.ts',
      'e2e/chaos/src/cluster-tests/two-leaders.cluster.test.ts',
      'e2e/chaos/src/cluster-tests/compacted-history.cluster.test.ts',
    ],
    deadlineMs: 900_000,
  },
  { name: 'chaos', args: [...CHAOS, '--seed', '1', '--minutes', '0.5'], deadlineMs: 480_000 },
]

/** Result of a step. */
export interface StepResult {
  readonly result: 'passed' | 'failed' | 'hung'
  /** End of its output. */
  readonly output: string
}

/** Runs one step in a copy, and ends it when the signal aborts. */
export async function runSuiteStep(
  { args, deadlineMs }: SuiteStep,
  { directory, signal }: { readonly directory: string; readonly signal: AbortSignal },
): Promise<StepResult> {
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-KEPT_TEXT)))
  let last: NodeJS.Timeout | undefined
  const stop = (): void => {
    child.kill('SIGTERM')
    last ??= setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS)
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const end = once(child, 'close') as Promise<[number | null]>
  let isLate = false
  const late = setTimeout(() => {
    isLate = true
    stop()
  }, deadlineMs)
  const [code] = await end
  clearTimeout(late)
  clearTimeout(last)
  signal.removeEventListener('abort', stop)
  return { result: isLate ? 'hung' : code === 0 ? 'passed' : 'failed', output }
}
