import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { DebianPackages } from './debian-packages.ts'

/** A program with its libraries. */
export interface DebianProgram {
  /** `/`, or the folder of its package. */
  readonly root: string
  /** Variables that it needs. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * A program of this machine, or of Debian's package, which the first call downloads into the cache with the libraries that this machine
 * does not have.
 * @param bin path of the program below its root, as a glob
 * @throws DebianUnavailable
 */
export async function debianProgram(name: string, { bin }: { readonly bin: string }): Promise<DebianProgram> {
  if (globSync(path.join('/', bin)).length > 0) return { root: '/', env: {} }
  const system = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const fingerprint = createHash('sha256').update(`${system}${name}`).digest('hex').slice(0, 12)
  const root = await cachedDirectory(name, `${name}-${fingerprint}-${process.arch}`, async (directory, progress) => {
    progress.stage(`downloading ${name}`)
    const apt = path.join(directory, 'apt')
    const packages = await DebianPackages.open(apt)
    await packages.unpackWithNeeds([name], directory)
    await rm(apt, { recursive: true })
    progress.done(`downloaded ${name}`)
  })
  return { root, env: { LD_LIBRARY_PATH: globSync(path.join(root, 'usr/lib/*-linux-gnu')).join(':') } }
}
