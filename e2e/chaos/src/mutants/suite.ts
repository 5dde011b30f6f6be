import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** One part of what has to notice a mutant, the quickest first. */
export interface SuiteStep {
  readonly name: string
  /** Arguments of Node in the root of a copy. */
  readonly args: readonly string[]
  /** What takes longer has noticed, too: it hangs. */
  readonly deadlineMs: number
}

const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--bail=1', '--reporter=dot']
const CHAOS = ['--conditions=@ack-secret-manager/source', 'e2e/chaos/src/main.ts']
const STOP_DEADLINE_MS = 10_000
const KEPT_TEXT = 4_000

/** All parts. */
export const SUITE: readonly SuiteStep[] = [
  {
    name: 'unit',
    args: [
      ...VITEST,
      '--project=unit',
      // A day of simulated time takes most of the time of all tests, and is about schedules.
      '--testNamePattern=^(?!.*a simulated day)',
      'packages/sync-engine/',
      'packages/k8s-writer/',
      'packages/k8s-client/',
      'apps/operator/',
    ],
    deadlineMs: 480_000,
  },
  { name: 'simulation', args: [...VITEST, '--project=unit', 'e2e/chaos/src/simulation/'], deadlineMs: 240_000 },
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

/** What came of a part. */
export interface StepResult {
  readonly result: 'passed' | 'failed' | 'hung'
  /** The end of what it printed. */
  readonly output: string
}

/** Runs one part in a copy, and ends it when the signal aborts. */
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
