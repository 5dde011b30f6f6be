import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LIST, type PackedPackage } from './packed-packages.ts'
import { publishOrder } from './publish-order.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const DEADLINE_MS = 5 * 60_000

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: object
  readonly peerDependencies?: object
}

/**
 * Packs built public packages into a folder, with a list in the order in which they are published. @param only @default all @returns the
 * list
 */
export async function packPackages(folder: string, only?: readonly string[]): Promise<readonly PackedPackage[]> {
  const places = globSync('{packages,apps}/*/package.json', { cwd: ROOT }).toSorted()
  const manifests = places.map((file) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as Manifest)
  const wanted = manifests.filter((each) => each.private !== true && (only?.includes(each.name) ?? true))
  const unbuilt = places
    .filter((_file, index) => wanted.includes(manifests[index] as Manifest))
    .map((file) => path.dirname(file))
    .filter((place) => !existsSync(path.join(ROOT, place, 'dist')))
  if (unbuilt.length > 0) throw new Error(`${unbuilt.join(', ')}: not built; run npm run build first`)
  await mkdir(folder, { recursive: true })
  const workspaces = wanted.flatMap(({ name }) => ['--workspace', name])
  const args = ['pack', '--json', '--loglevel=error', '--pack-destination', path.resolve(folder), ...workspaces]
  const { stdout } = await promisify(execFile)('npm', args, { cwd: ROOT, maxBuffer: 2 ** 26, timeout: DEADLINE_MS })
  const packed = JSON.parse(stdout) as ReadonlyArray<Omit<PackedPackage, 'file'> & { readonly filename: string }>
  const order = publishOrder(
    manifests.map(({ name, dependencies, peerDependencies }) => ({
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

if (import.meta.main) {
  const [folder] = process.argv.slice(2)
  if (folder === undefined) throw new Error('pack: name the folder for the packages, as in: npm run pack -- out/npm')
  const list = await packPackages(folder)
  console.error(`packed ${list.length} packages into ${folder}`)
}
