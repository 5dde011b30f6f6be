import { createHash } from 'node:crypto'
import { copyFile, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'
import { cachedDirectory } from '@ack-secret-manager/control-plane'

/** A lockfile of its own, so that its 320 packages are not installed by everyone who installs the project. */
const LOCKED = fileURLToPath(new URL('../../verdaccio/', import.meta.url))
const INSTALL_DEADLINE_MS = 5 * 60_000

/** Path of the script of Verdaccio, from the cache or installed from its lockfile. @throws Error if it cannot be installed */
export async function verdaccioProgram(): Promise<string> {
  const lockfile = await readFile(path.join(LOCKED, 'package-lock.json'))
  const hash = createHash('sha256').update(lockfile).digest('hex').slice(0, 12)
  const cached = await cachedDirectory('verdaccio', `verdaccio-${hash}`, async (directory, progress) => {
    progress.stage('installing')
    for (const file of ['package.json', 'package-lock.json'])
      await copyFile(path.join(LOCKED, file), path.join(directory, file))
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
    await runProgram('npm', args, { cwd: directory, deadlineMs: INSTALL_DEADLINE_MS })
    progress.done('installed')
  })
  return path.join(cached, 'node_modules/verdaccio/bin/verdaccio')
}
