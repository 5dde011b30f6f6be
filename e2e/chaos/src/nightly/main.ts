import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { exitOnClosedPipe } from '@ack-secret-manager/testbed'

/** Of each seed. */
const { CHAOS_MINUTES = '2' } = process.env

/** What takes too long for every day, longest last: npm scripts of the root and their arguments. */
const PARTS: readonly (readonly [script: string, ...args: string[]])[] = [
  ['fuzz'],
  ['soak', '--minutes', '20'],
  ['mutants'],
  ['chaos', '--seeds', '51..60', '--one-replica', '--minutes', CHAOS_MINUTES],
  ['chaos', '--seeds', '1..50', '--minutes', CHAOS_MINUTES],
]

const MINUTE_MS = 60_000
/** What is asked to end is killed after that. */
const END_DEADLINE_MS = 30_000
const POLL_MS = 100

/** Runs all parts, also after one that has failed: by morning everything is known. */
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
    // A group of its own: npm ends at a signal, and what it runs goes on.
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

/** Has all processes of a group end, and resolves when none is left, or what is left was killed. */
async function endGroup(group: number, signal: NodeJS.Signals): Promise<void> {
  const endMs = performance.now() + END_DEADLINE_MS
  for (
    let isThere = signalGroup(group, signal);
    isThere && performance.now() < endMs;
    isThere = signalGroup(group, 0)
  ) {
    await pause(POLL_MS)
  }
  signalGroup(group, 'SIGKILL')
}

/** Whether there was anybody to send it to. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return group > 0 && process.kill(-group, signal)
  } catch {
    return false
  }
}

exitOnClosedPipe()
process.exitCode = await main()
