import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { runProgram } from './run-program.ts'

/** The Go module with the evaluator; go.sum pins the sources of its dependencies. */
const MODULE = fileURLToPath(new URL('../../go/', import.meta.url))
const BUILD = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w']
const BUILD_DEADLINE_MS = 10 * 60_000

/** What a Terraform module makes of its variables. */
export interface EvaluatedModule {
  /** Files that `terraform fmt` would change. */
  readonly unformatted: readonly string[]
  /** Variables and locals that no evaluated expression refers to. */
  readonly unused: readonly string[]
  /** Messages of conditions that do not hold. */
  readonly failed: readonly string[]
  /** Arguments by `TYPE.NAME`. */
  readonly resources: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly outputs: Readonly<Record<string, string>>
}

/**
 * Evaluates a Terraform module with the HCL library of Terraform. `terraform validate` needs the provider, which is in no package registry.
 * @throws Error with the message of the library
 */
export async function evaluateModule(directory: string, variables: object): Promise<EvaluatedModule> {
  const child = spawn(await evaluator(), [directory])
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  child.stdin.end(JSON.stringify(variables))
  const [code] = await once(child, 'close')
  const [stdout, stderr] = await said
  if (code !== 0) throw new Error(stderr.trim())
  return JSON.parse(stdout) as EvaluatedModule
}

/** Path of the evaluator, from the cache or built with Go. @throws Error if it cannot be built */
async function evaluator(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of globSync(['go.sum', 'terraform/*.go'], { cwd: MODULE }).toSorted())
    hash.update(readFileSync(path.join(MODULE, file)))
  const entry = `terraform-${hash.digest('hex').slice(0, 16)}-${process.platform}-${process.arch}`
  const cached = await cachedDirectory('terraform', entry, async (directory, progress) => {
    progress.stage('building')
    const env = { CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' }
    const args = [...BUILD, '-o', path.join(directory, 'terraform'), './terraform']
    await runProgram('go', args, { cwd: MODULE, env, deadlineMs: BUILD_DEADLINE_MS })
    progress.done('built')
  })
  return path.join(cached, 'terraform')
}
