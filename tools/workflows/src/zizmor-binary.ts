import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'
import { cachedDirectory } from '@ack-secret-manager/control-plane'

const VERSION = '1.32.0'
/** SHA-256 of the PyPI wheels: Linux on x64 and arm64, macOS on arm64. */
const WHEELS = [
  '84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071',
  '0cdd38fca6eb34ceb567548548d706332e3535ea66894b9168c048e03207b68c',
  '0a999c98015becd9f69919ce01febadfb1c2be9b8ec2ce9ef7eb13ff23ba8eba',
]

/** Path of zizmor, from the cache or from PyPI. @throws Error if it cannot be installed */
export async function zizmorBinary(): Promise<string> {
  const cached = await cachedDirectory('zizmor', `zizmor-${VERSION}-${process.platform}-${process.arch}`, install)
  return path.join(cached, 'bin/zizmor')
}

async function install(
  directory: string,
  progress: Parameters<Parameters<typeof cachedDirectory>[2]>[1],
): Promise<void> {
  progress.stage(`downloading ${VERSION}`)
  const requirements = path.join(directory, 'requirements.txt')
  const hashes = WHEELS.map((hash) => ` --hash=sha256:${hash}`).join('')
  await writeFile(requirements, `zizmor==${VERSION}${hashes}\n`)
  const target = ['--target', directory, '--no-deps', '--only-binary=:all:', '--require-hashes']
  await runProgram('python3', ['-m', 'pip', 'install', '--quiet', ...target, '-r', requirements])
  progress.done(`downloaded ${VERSION}`)
}
