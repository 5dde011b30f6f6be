import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { constants } from 'node:os'
import path from 'node:path'
import { stepsOf } from './release-steps.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const HELP = `Usage: npm run release -- VERSION [--dry-run]
       npm run release -- --dry-run

VERSION is major, minor, patch or a number. It is set everywhere; with --dry-run the changes are only shown.

Without VERSION, --dry-run publishes this checkout to registries on this machine, as it is: packages to Verdaccio, image and chart
to Distribution. It installs from them what users install, and deletes everything.
`

/** Runs a program that gets the signals of the terminal itself. @returns its exit code */
async function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const bin = path.join(ROOT, 'node_modules/.bin')
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, NX_DAEMON: 'false', ...env },
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return code ?? 128 + constants.signals[signal ?? 'SIGTERM']
}

const steps = stepsOf(process.argv.slice(2))
if (steps === undefined) process.stdout.write(HELP)
for (const [command, args, env = {}] of steps ?? []) {
  const code = await run(command, args, env)
  if (code !== 0) process.exit(code)
}
