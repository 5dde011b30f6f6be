import { spawnSync } from 'node:child_process'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { publishedVersion } from './npm-client.ts'
import { publicPackages } from './public-packages.ts'

/** Below each release. The first release becomes `latest`. */
const VERSION = '0.0.0-reserved'
const DEADLINE_MS = 10 * 60_000

/** How names are reserved. */
export interface ReserveOptions {
  /** Only these. @default all public packages */
  readonly only?: readonly string[]
  /** @default that of this process */
  readonly env?: NodeJS.ProcessEnv
  /** Of npm, which may ask for a second factor. @default this terminal, with its output on stderr */
  readonly stdio?: 'ignore'
}

/**
 * Publishes an empty version of each package that the registry does not have, because npm lets a person create a package, and a pipeline only
 * publish to one. @returns all names, and those that were new
 */
export async function reservePackages({ only, env = process.env, stdio }: ReserveOptions = {}): Promise<{
  readonly names: readonly string[]
  readonly reserved: readonly string[]
}> {
  const manifests = publicPackages()
    .map(({ manifest }) => manifest)
    .filter(({ name }) => only?.includes(name) ?? true)
  const reserved: string[] = []
  for (const manifest of manifests) {
    if ((await publishedVersion(manifest.name, env)).kind !== 'no package') continue
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'acksm-reserved-'))
    const { name, license, repository } = manifest
    const description = 'Reserved: the first release follows.'
    const content = { name, version: VERSION, description, license, repository }
    await writeFile(path.join(folder.path, 'package.json'), JSON.stringify(content))
    await writeFile(path.join(folder.path, 'README.md'), `# ${name}\n\n${description}\n`)
    const args = ['publish', folder.path, '--access', 'public', '--tag', 'reserved', '--loglevel=error']
    const { status } = spawnSync('npm', args, { env, stdio: stdio ?? [0, 2, 2], timeout: DEADLINE_MS })
    if (status !== 0) throw new Error(`${name}: not reserved; repeat the command when npm accepts you`)
    reserved.push(name)
  }
  return { names: manifests.map(({ name }) => name), reserved }
}

/** The command that lets the release workflow publish a package. */
export function trustCommand(name: string): string {
  return `npm trust github ${name} --file release.yml --repository ack-secret-manager/ack-secret-manager --environment release --allow-publish --yes`
}

if (import.meta.main) {
  const { names, reserved } = await reservePackages()
  console.error(`reserved ${reserved.length} of ${names.length} packages; the others exist`)
  for (const name of names) console.info(trustCommand(name))
}
