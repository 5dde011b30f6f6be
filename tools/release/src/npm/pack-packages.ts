import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LIST, type PackedPackage } from './packed-packages.ts'
import { publicPackages } from './public-packages.ts'
import { publishOrder } from './publish-order.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const DEADLINE_MS = 5 * 60_000
/** Packages that a message names. */
const MAX_NAMED = 3

/** What a user must do before packages can be packed. */
class PackError extends Error {
  override readonly name = 'PackError'
}

/**
 * Packs built public packages into a folder, with a list in the order in which they are published. @param only @default all @returns the
 * list @throws PackError if a package is not built
 */
export async function packPackages(folder: string, only?: readonly string[]): Promise<readonly PackedPackage[]> {
  const all = publicPackages()
  const wanted = all.filter(({ manifest }) => only?.includes(manifest.name) ?? true)
  const unbuilt = wanted.map(({ place }) => place).filter((place) => !existsSync(path.join(ROOT, place, 'dist')))
  if (unbuilt.length > 0) throw new PackError(unbuiltText(unbuilt))
  await mkdir(folder, { recursive: true })
  const workspaces = wanted.flatMap(({ manifest }) => ['--workspace', manifest.name])
  const args = ['pack', '--json', '--loglevel=error', '--pack-destination', path.resolve(folder), ...workspaces]
  const { stdout } = await promisify(execFile)('npm', args, { cwd: ROOT, maxBuffer: 2 ** 26, timeout: DEADLINE_MS })
  const packed = JSON.parse(stdout) as ReadonlyArray<Omit<PackedPackage, 'file'> & { readonly filename: string }>
  const order = publishOrder(
    all.map(({ manifest: { name, dependencies, peerDependencies } }) => ({
      name,
      needs: Object.keys({ ...dependencies, ...peerDependencies }),
    })),
  )
  const list = packed
    .map(({ name, version, filename, integrity }) => ({ name, version, file: filename, integrity }))
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  await writeFile(path.join(folder, LIST), `${JSON.stringify(list, undefined, 2)}\n`)
  return list
}

function unbuiltText(places: readonly string[]): string {
  const more = places.length - MAX_NAMED
  const named = `${places.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return `${named} ${places.length === 1 ? 'is' : 'are'} not built; run npm run build first`
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2)
  try {
    // `--help` is no folder either.
    const isFolder = folder !== undefined && !folder.startsWith('-')
    if (!isFolder) throw new PackError('name the folder for the packages, as in: npm run pack -- out/npm')
    const list = await packPackages(folder)
    console.error(`packed ${list.length} packages into ${folder}`)
  } catch (error) {
    if (!(error instanceof PackError)) throw error
    console.error(`pack: ${error.message}`)
    process.exitCode = 1
  }
}
