import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { InputError } from '../input-error.ts'
import { MANIFEST_LIMITS } from './limits.ts'

/** A manifest file. */
export interface ManifestFile {
  /** Path for messages. */
  readonly label: string
  readonly path: string
  /** The user named the file, so every document must be a manifest. Directories may contain other documents. */
  readonly named: boolean
  /** Changes with the file. */
  readonly stamp: string
}

const EXTENSIONS = ['.yaml', '.yml', '.json']

/**
 * Expands paths to files: of directories, their manifests sorted by name, without subdirectories.
 * @throws InputError
 */
export async function listFiles(paths: readonly string[], cwd: string): Promise<readonly ManifestFile[]> {
  const files = new Map<string, ManifestFile>()
  for (const label of paths) {
    for (const file of await filesAt(label, path.resolve(cwd, label))) {
      if (!files.has(file.path)) files.set(file.path, file)
    }
    if (files.size > MANIFEST_LIMITS.files) {
      throw new InputError([`${label}: more than ${MANIFEST_LIMITS.files} files; name fewer`])
    }
  }
  return [...files.values()]
}

async function filesAt(label: string, location: string): Promise<ManifestFile[]> {
  try {
    const facts = await stat(location)
    if (!facts.isDirectory()) return [{ label, path: location, named: true, stamp: stampOf(facts) }]
    const names = (await readdir(location)).filter((name) => EXTENSIONS.includes(path.extname(name).toLowerCase()))
    const files = await Promise.all(
      names.toSorted().map(async (name): Promise<ManifestFile | undefined> => {
        const file = path.join(location, name)
        const found = await stat(file)
        return found.isFile()
          ? { label: path.join(label, name), path: file, named: false, stamp: stampOf(found) }
          : undefined
      }),
    )
    const found = files.filter((file) => file !== undefined)
    if (found.length === 0)
      throw new InputError([
        `${label}: no .yaml, .yml or .json file in this directory; those below it are not searched`,
      ])
    return found
  } catch (error) {
    throw unreadable(label, error)
  }
}

function stampOf({ size, mtimeMs, ino }: { size: number; mtimeMs: number; ino: number }): string {
  return `${ino}:${size}:${mtimeMs}`
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
}

/** Describes an error of the file system. */
export function unreadable(label: string, error: unknown): Error {
  if (error instanceof InputError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' && /^https?:\/\//.test(label)) {
    return new InputError([`${label}: a URL is not read; download it, or use -f - and a pipe`])
  }
  const hint = code === 'ENOENT' && label.includes('*') ? '; without quotes the shell replaces *' : ''
  const why = REASONS[code] ?? `cannot be read${code === '' ? '' : ` (${code})`}`
  return new InputError([`${label}: ${why}${hint}`])
}
