import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { exitOnClosedPipe } from '@ack-secret-manager/testenv'

/** Duration of each seed. */
const { CHAOS_MINUTES = '2' } = process.env

/** Jobs that take too long for each change, longest last: npm scripts of the root with arguments. */
const PARTS: readonly (readonly [script: string, ...args: string[]])[] = [
  ['fuzz'],
  ['soak', '--minutes', '20'],
  ['mutation'],
  ['mutants'],
  ['chaos', '--seeds', '51..60', '--one-replica', '--minutes', CHAOS_MINUTES],
  ['chaos', '--seeds', '1..50', '--minutes', CHAOS_MINUTES],
]

const MINUTE_MS = 60_000
/** Time to exit before SIGKILL. */
const END_DEADLINE_MS = 30_000
const POLL_MS = 100

/** Runs all jobs, even after a failure. */
async function main(): Promise<number> {
  const rows: string[] = []
  let failed = 0
  let asked: 'SIGINT' | 'SIGTERM' | undefined
  let ending: Promise<void> | undefined
  let group = 0
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      asked ??= signal
      ending ??= endGroup(group, signal)
    })
  }
  for (const [script, ...args] of PARTS) {
    const startMs = performance.now()
    // A process group, because npm exits on a signal while its child continues.
    const child = spawn('npm', ['run', script, '--', ...args], { stdio: 'inherit', detached: true })
    group = child.pid ?? 0
    const [code] = (await once(child, 'close')) as [number | null]
    if (asked !== undefined) {
      await ending
      return 128 + constants.signals[asked]
    }
    if (code !== 0) failed += 1
    const minutes = ((performance.now() - startMs) / MINUTE_MS).toFixed(1)
    rows.push(`${code === 0 ? 'passed' : 'FAILED'}  ${`${minutes} min`.padStart(10)}  ${[script, ...args].join(' ')}`)
  }
  process.stdout.write(`\n${rows.join('\n')}\n`)
  return failed === 0 ? 0 : 1
}

/** Ends all processes of a group. Resolves when they have exited or were killed. */
async function endGroup(group: number, signal: NodeJS.Signals): Promise<void> {
  const endMs = performance.now() + END_DEADLINE_MS
  for (
    let isRunning = signalGroup(group, signal);
    isRunning && performance.now() < endMs;
    isRunning = signalGroup(group, 0)
  ) {
    await pause(POLL_MS)
  }
  signalGroup(group, 'SIGKILL')
}

/** Whether the group still has a process. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return group > 0 && process.kill(-group, signal)
  } catch {
    return false
  }
}

exitOnClosedPipe()
process.exitCode = await main()
