import { existsSync } from 'node:fs'
import path from 'node:path'
import { ROOT, run, type Workspace } from './workspaces.ts'

/** A packed package. */
export interface Packed {
  readonly tarball: string
  /** Paths of its files. */
  readonly files: readonly string[]
}

/** Packs a built package. @returns the tarball */
export async function pack(workspace: Workspace, to: string): Promise<string> {
  const [packed] = (await packAll([workspace], to)).values()
  if (packed === undefined) throw new Error(`npm packed nothing of ${workspace.name}`)
  return packed.tarball
}

/** Packs built packages with one start of npm. @returns the packed ones by name */
export async function packAll(all: readonly Workspace[], to: string): Promise<ReadonlyMap<string, Packed>> {
  for (const { directory, name } of all)
    if (!existsSync(path.join(directory, 'dist'))) throw new Error(`${name} is not built: run npm run build first`)
  const names = all.flatMap(({ name }) => ['--workspace', name])
  const response = await run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', to, ...names], ROOT)
  const packed = JSON.parse(response) as { name: string; filename: string; files: { path: string }[] }[]
  return new Map(
    packed.map(({ name, filename, files }) => [
      name,
      { tarball: path.join(to, filename), files: files.map((file) => file.path) },
    ]),
  )
}
