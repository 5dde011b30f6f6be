import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { runProgram } from './run-program.ts'

/** The Go module with the runner; go.sum pins the Lua of Argo CD. */
const MODULE = fileURLToPath(new URL('../../go/', import.meta.url))
const BUILD = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w']
const BUILD_DEADLINE_MS = 10 * 60_000

/** Folder of Argo CD's customizations of our kinds, in the layout of its repository. */
export const CUSTOMIZATIONS = fileURLToPath(
  new URL('../../../../deploy/argocd/resource_customizations/alibabacloud.com/', import.meta.url),
)

/**
 * Runs a script of {@link CUSTOMIZATIONS} as Argo CD does, with gopher-lua and the same libraries.
 * @param script such as `ExternalSecret/health.lua`
 * @returns what it returns for each object
 * @throws Error with the message of Lua
 */
export async function runArgoScript(script: string, objects: readonly object[]): Promise<readonly unknown[]> {
  const child = spawn(await runner(), [], { timeout: 30_000 })
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  child.stdin.end(JSON.stringify({ script: readFileSync(path.join(CUSTOMIZATIONS, script), 'utf8'), objects }))
  const [code] = await once(child, 'close')
  const [stdout, stderr] = await said
  if (code !== 0) throw new Error(`${script}: ${stderr.trim()}`)
  return JSON.parse(stdout) as unknown[]
}

/** Path of the runner, from the cache or built with Go. @throws Error if it cannot be built */
async function runner(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of ['go.sum', 'argo-lua/main.go']) hash.update(readFileSync(path.join(MODULE, file)))
  const entry = `argo-lua-${hash.digest('hex').slice(0, 16)}-${process.platform}-${process.arch}`
  const cached = await cachedDirectory('argo-lua', entry, async (directory, progress) => {
    progress.stage('building')
    const env = { CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' }
    const args = [...BUILD, '-o', path.join(directory, 'argo-lua'), './argo-lua']
    await runProgram('go', args, { cwd: MODULE, env, deadlineMs: BUILD_DEADLINE_MS })
    progress.done('built')
  })
  return path.join(cached, 'argo-lua')
}
