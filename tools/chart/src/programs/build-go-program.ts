import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { runProgram } from './run-program.ts'

const BUILD = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w']

/**
 * Path of a program, from the cache or built with Go.
 * @param module folder of the Go module with a folder for the program; its go.sum pins the sources of the dependencies
 * @throws Error if it cannot be built
 */
export async function buildGoProgram(module: string, name: string, deadlineMs: number): Promise<string> {
  const hash = createHash('sha256')
  for (const file of globSync(['go.sum', `${name}/*.go`], { cwd: module }).toSorted())
    hash.update(readFileSync(path.join(module, file)))
  const entry = `${name}-${hash.digest('hex').slice(0, 16)}-${process.platform}-${process.arch}`
  const cached = await cachedDirectory(name, entry, async (directory, progress) => {
    progress.stage('building')
    const env = { CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' }
    await runProgram('go', [...BUILD, '-o', path.join(directory, name), `./${name}`], { cwd: module, env, deadlineMs })
    progress.done('built')
  })
  return path.join(cached, name)
}
