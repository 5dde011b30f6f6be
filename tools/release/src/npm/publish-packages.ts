// Imports only Node: the job that may publish installs nothing.
import path from 'node:path'
import { parseArgs } from 'node:util'
import { npm, publishedVersion } from './npm-client.ts'
import { packedPackages, type PackedPackage } from './packed-packages.ts'

/** How packages are published. */
export interface PublishOptions {
  /** Folder of the packed packages. */
  readonly folder: string
  /** Link each package to its commit; needs a pipeline that npm supports. @default false */
  readonly provenance?: boolean
  /** Only these. @default all */
  readonly only?: readonly string[]
  /** Environment of npm, which decides about the registry and the identity. @default that of this process */
  readonly env?: NodeJS.ProcessEnv
  /** Receives one line for each package. */
  readonly onProgress?: (line: string) => void
}

/**
 * Publishes packed packages in their order. What the registry already has with the same content is skipped, so that an interrupted release
 * can be repeated. @throws Error if the registry has another content of a version, or refuses a package; with provenance also if it does not
 * have a package at all, before anything is published
 */
export async function publishPackages(options: PublishOptions): Promise<void> {
  const { folder, provenance = false, only, env = process.env, onProgress = () => {} } = options
  const all = await packedPackages(folder)
  const list = all.filter(({ name }) => only?.includes(name) ?? true)
  if (provenance) await checkReserved(list, env)
  for (const [index, each] of list.entries()) {
    const what = `${index + 1}/${list.length} ${each.name}@${each.version}`
    const published = await publishedVersion(`${each.name}@${each.version}`, env)
    if (published.kind === 'version' && published.integrity !== each.integrity)
      throw new Error(`${each.name}@${each.version}: the registry has other content; publish the next version`)
    if (published.kind !== 'version') {
      const file = path.resolve(folder, each.file)
      await npm(['publish', file, '--access', 'public', ...(provenance ? ['--provenance'] : [])], env)
    }
    onProgress(`${what}${published.kind === 'version' ? ' is already published' : ''}`)
  }
}

/** A pipeline cannot create a package: npm accepts its identity only for packages that exist. */
async function checkReserved(list: readonly PackedPackage[], env: NodeJS.ProcessEnv): Promise<void> {
  const missing: string[] = []
  for (const { name, version } of list)
    if ((await publishedVersion(`${name}@${version}`, env)).kind === 'no package') missing.push(name)
  if (missing.length > 0)
    throw new Error(
      `the registry has no ${missing.join(', ')}, and only a person can create a package; see "Once, before the first release" in docs/releasing.md`,
    )
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { provenance: { type: 'boolean' } } })
  const [folder] = positionals
  if (folder === undefined) throw new Error('publish-packages: name the folder that npm run pack has filled')
  await publishPackages({
    folder,
    provenance: values.provenance === true,
    onProgress: (line) => console.error(line),
  })
}
