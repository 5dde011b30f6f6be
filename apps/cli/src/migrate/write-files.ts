import { readdir, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { UsageError } from '@ack-secret-manager/command-line'
import type { Document } from 'yaml'
import { kubectlYaml } from '../output/kubectl-yaml.ts'
import { makeDirectory } from '../output/make-directory.ts'
import { unwritable } from '../output/unwritable.ts'
import { isExisting, writeWholeFile } from '../output/write-whole-file.ts'
import type { MigratedFile } from './migrate-objects.ts'

/** Documents as one YAML text. */
export function yamlText(documents: readonly Document[]): string {
  return documents.map((document) => kubectlYaml(document)).join('---\n')
}

/** Unique names of the output files. A file without remaining documents has none. */
export function fileNames(files: readonly MigratedFile[]): ReadonlyMap<string, readonly Document[]> {
  const named = new Map<string, readonly Document[]>()
  for (const { label, folder, documents } of files) {
    if (documents.length === 0) continue
    const name = path.join(folder, path.parse(label).name)
    let free = `${name}.yaml`
    for (let count = 2; named.has(free); count += 1) free = `${name}-${count}.yaml`
    named.set(free, documents)
  }
  return named
}

/** The output directory as typed, and the base of relative paths. */
export interface OutDirectory {
  readonly out: string
  readonly cwd: string
}

/** Writes files into a new or empty directory. @throws UsageError when it is not empty, InputError when it cannot be written */
export async function writeFiles({ out, cwd }: OutDirectory, texts: ReadonlyMap<string, string>): Promise<void> {
  const directory = path.resolve(cwd, out)
  const written: string[] = []
  try {
    await makeDirectory(directory)
    if ((await readdir(directory)).length > 0) throw notEmpty(out)
    for (const [name, text] of texts) {
      const file = path.join(directory, name)
      await makeDirectory(path.dirname(file))
      await writeWholeFile(file, text, { flag: 'wx', mode: modeOf(name, text) }).catch((error) => {
        // Another process writes into the same directory.
        throw isExisting(error) ? notEmpty(out) : error
      })
      written.push(file)
    }
  } catch (error) {
    // The next call needs an empty directory.
    for (const file of written) await rm(file, { force: true })
    for (const file of written) await removeEmpty(path.dirname(file), directory)
    throw error instanceof UsageError ? error : unwritable(`--out ${out}`, error)
  }
}

/** A copy of a Secret is for its user only, whatever the mode of the file that it comes from. */
function modeOf(name: string, text: string): number {
  if (/\bkind["']?\s*:\s*["']?Secret\b/.test(text)) return 0o600
  return name.endsWith('.sh') ? 0o755 : 0o644
}

/** Removes a directory and its parents below `top`, if they are empty. */
async function removeEmpty(directory: string, top: string): Promise<void> {
  for (let each = directory; each !== top; each = path.dirname(each)) {
    try {
      await rmdir(each)
    } catch {
      return
    }
  }
}

function notEmpty(out: string): UsageError {
  return new UsageError(`--out ${out}: is not empty; use a new directory`)
}
