import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** A new directory for the running test, with these files. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'acksm-test-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
    // Profiles are not for other users; `acksm` warns.
    await writeFile(path.join(folder, name), content, name.startsWith('.ali') ? { mode: 0o600 } : {})
  }
  return folder
}

/** Files of the targets below `out` by path, without dot files. */
export async function treeOf(out: string): Promise<Readonly<Record<string, Buffer>>> {
  const tree: Record<string, Buffer> = {}
  const visit = async (folder: string): Promise<void> => {
    for (const name of (await readdir(folder)).toSorted()) {
      if (name.startsWith('.')) continue
      const location = path.join(folder, name)
      if ((await lstat(location)).isDirectory()) await visit(location)
      else tree[path.relative(out, location)] = await readFile(location)
    }
  }
  await visit(out)
  return tree
}

/** Permissions of every regular file below `out`. */
export async function modesOf(out: string): Promise<readonly number[]> {
  const modes: number[] = []
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) modes.push((await lstat(path.join(entry.parentPath, entry.name))).mode & 0o777)
  }
  return modes
}
