import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { buildGoProgram } from './build-go-program.ts'

/** The Go module with the programs; go.sum pins the sources of its dependencies. */
const MODULE = fileURLToPath(new URL('../../go/', import.meta.url))
const BUILD_DEADLINE_MS = 10 * 60_000
const DEADLINE_MS = 60_000

/** A program of the Go module: its folder. */
export type GoProgram = 'argo-lua' | 'flux-health' | 'terraform'

/**
 * Runs a program, from the cache or built with Go.
 * @param input written to its stdin as JSON
 * @returns its stdout, parsed
 * @throws Error with its stderr, or if it cannot be built
 */
export async function runGoProgram(program: GoProgram, args: readonly string[], input: object): Promise<unknown> {
  const child = spawn(await buildGoProgram(MODULE, program, BUILD_DEADLINE_MS), args, { timeout: DEADLINE_MS })
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  child.stdin.end(JSON.stringify(input))
  const [code] = await once(child, 'close')
  const [stdout, stderr] = await said
  if (code !== 0) throw new Error(stderr.trim())
  return JSON.parse(stdout) as unknown
}
