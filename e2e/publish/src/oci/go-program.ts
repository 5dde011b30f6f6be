import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'
import { cachedDirectory } from '@ack-secret-manager/control-plane'

/** The Go module of both programs; go.sum pins the sources of their dependencies. */
const MODULE = fileURLToPath(new URL('../../go/', import.meta.url))
const BUILD = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w']
const BUILD_DEADLINE_MS = 40 * 60_000

/**
 * Path of a program of the module, from the cache or built with Go: the registry in about a minute, cosign in four. @throws Error if it
 * cannot be built
 */
export async function goProgram(name: 'registry' | 'cosign'): Promise<string> {
  const hash = createHash('sha256')
  for (const file of globSync(['go.sum', `${name}/*.go`], { cwd: MODULE }).toSorted())
    hash.update(readFileSync(path.join(MODULE, file)))
  const entry = `${name}-${hash.digest('hex').slice(0, 12)}-${process.platform}-${process.arch}`
  const cached = await cachedDirectory(name, entry, async (directory, progress) => {
    progress.stage('building')
    const env = { CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' }
    const args = [...BUILD, '-o', path.join(directory, name), `./${name}`]
    await runProgram('go', args, { cwd: MODULE, env, deadlineMs: BUILD_DEADLINE_MS })
    progress.done('built')
  })
  return path.join(cached, name)
}
