// Imports only Node: the job that may publish installs nothing.
import { execFile } from 'node:child_process'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { packedPackages, type PackedPackage } from './packed-packages.ts'

const DEADLINE_MS = 2 * 60_000

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
 * can be repeated. @throws Error if the registry has another content of a version, or refuses a package
 */
export async function publishPackages(options: PublishOptions): Promise<void> {
  const { folder, provenance = false, only, env = process.env, onProgress = () => {} } = options
  const all = await packedPackages(folder)
  const list = all.filter(({ name }) => only?.includes(name) ?? true)
  for (const [index, each] of list.entries()) {
    const what = `${index + 1}/${list.length} ${each.name}@${each.version}`
    const published = await publishedIntegrity(each, env)
    if (published !== undefined && published !== each.integrity)
      throw new Error(`${each.name}@${each.version}: the registry has other content; publish the next version`)
    if (published === undefined) {
      const file = path.resolve(folder, each.file)
      await npm(['publish', file, '--access', 'public', ...(provenance ? ['--provenance'] : [])], env)
    }
    onProgress(`${what}${published === undefined ? '' : ' is already published'}`)
  }
}

/** Of the version in the registry; undefined if it is not there. */
async function publishedIntegrity(
  { name, version }: PackedPackage,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  try {
    const found = await npm(['view', `${name}@${version}`, 'dist.integrity', '--json'], env)
    return found.trim() === '' ? undefined : (JSON.parse(found) as string)
  } catch (error) {
    if (error instanceof Error && /\bE404\b/.test(error.message)) return undefined
    throw error
  }
}

async function npm(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const options = { env, timeout: DEADLINE_MS, maxBuffer: 2 ** 24 }
    return (await promisify(execFile)('npm', [...args, '--loglevel=error'], options)).stdout
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
    throw new Error(`npm ${args.slice(0, 2).join(' ')}: ${said || String(cause)}`, { cause })
  }
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
