import { existsSync } from 'node:fs'
import path from 'node:path'
import { run, type Workspace } from './workspaces.ts'

/** Packs a built package. @returns the tarball */
export async function pack({ directory: from, name }: Workspace, to: string): Promise<string> {
  if (!existsSync(path.join(from, 'dist'))) throw new Error(`${name} is not built: run npm run build first`)
  const response = await run('npm', ['pack', '--json', '--pack-destination', to], from)
  const [packed] = JSON.parse(response) as [{ filename: string }]
  return path.join(to, packed.filename)
}
