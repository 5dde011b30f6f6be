import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What takes too long for every day, longest last: npm scripts of the root and their arguments. */
const PARTS: readonly (readonly [script: string, ...args: string[]])[] = [
  ['fuzz'],
  ['soak', '--minutes', '20'],
  ['mutants'],
  ['chaos', '--seeds', '1..50', '--minutes', process.env.CHAOS_MINUTES ?? '2'],
]

const MINUTE_MS = 60_000

/** Runs all parts, also after one that has failed: by morning everything is known. */
async function main(): Promise<number> {
  const rows: string[] = []
  let failed = 0
  for (const [script, ...args] of PARTS) {
    const startMs = performance.now()
    const child = spawn('npm', ['run', script, '--', ...args], { stdio: 'inherit' })
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) failed += 1
    const minutes = ((performance.now() - startMs) / MINUTE_MS).toFixed(1)
    rows.push(`${code === 0 ? 'passed' : 'FAILED'}  ${`${minutes} min`.padStart(10)}  ${[script, ...args].join(' ')}`)
  }
  process.stdout.write(`\n${rows.join('\n')}\n`)
  return failed === 0 ? 0 : 1
}

process.once('SIGINT', () => process.exit(130))
process.exitCode = await main()
