import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const BEAT_MS = 10_000
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A program of this checkout to run to its end. */
export interface Step {
  readonly command: string
  readonly args: readonly string[]
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Show its output only if it fails, and until then that it runs. @default false */
  readonly isQuiet?: boolean
}

/** Runs a program, and passes signals on to it. @returns its exit code */
export async function runStep({ command, args, env = {}, isQuiet = false }: Step): Promise<number> {
  const bin = path.join(ROOT, 'node_modules/.bin')
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, NX_DAEMON: 'false', ...env },
    stdio: isQuiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk))
  const startMs = performance.now()
  const beat = setInterval(() => {
    if (isQuiet) process.stderr.write(`  running for ${Math.round((performance.now() - startMs) / 1000)} s\n`)
  }, BEAT_MS)
  const passOn = (signal: NodeJS.Signals): boolean => child.kill(signal)
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.on(signal, passOn)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  for (const each of signals) process.off(each, passOn)
  clearInterval(beat)
  const exitCode = code ?? 128 + constants.signals[signal ?? 'SIGTERM']
  if (exitCode !== 0) process.stderr.write(Buffer.concat(output))
  return exitCode
}
