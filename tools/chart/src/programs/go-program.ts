import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { runProgram } from './run-program.ts'

/** The Go module with the programs; go.sum pins the sources of its dependencies. */
const MODULE = fileURLToPath(new URL('../../go/', import.meta.url))
const BUILD = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w']
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
  const child = spawn(await builtProgram(program), args, { timeout: DEADLINE_MS })
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  child.stdin.end(JSON.stringify(input))
  const [code] = await once(child, 'close')
  const [stdout, stderr] = await said
  if (code !== 0) throw new Error(stderr.trim())
  return JSON.parse(stdout) as unknown
}

async function builtProgram(program: GoProgram): Promise<string> {
  const hash = createHash('sha256')
  for (const file of globSync(['go.sum', `${program}/*.go`], { cwd: MODULE }).toSorted())
    hash.update(readFileSync(path.join(MODULE, file)))
  const entry = `${program}-${hash.digest('hex').slice(0, 16)}-${process.platform}-${process.arch}`
  const cached = await cachedDirectory(program, entry, async (directory, progress) => {
    progress.stage('building')
    const env = { CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' }
    const args = [...BUILD, '-o', path.join(directory, program), `./${program}`]
    await runProgram('go', args, { cwd: MODULE, env, deadlineMs: BUILD_DEADLINE_MS })
    progress.done('built')
  })
  return path.join(cached, program)
}
