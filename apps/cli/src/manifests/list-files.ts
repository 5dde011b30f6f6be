import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { InputError } from '../input-error.ts'
import { MANIFEST_LIMITS } from './limits.ts'

/** A manifest file. */
export interface ManifestFile {
  /** Path for messages. */
  readonly label: string
  readonly path: string
  /** Its directory, relative to the directory that the user named. */
  readonly folder: string
  /** The user named the file, so every document must be a manifest. Directories may contain other documents. */
  readonly named: boolean
  /** Changes with the file. */
  readonly stamp: string
}

const EXTENSIONS = ['.yaml', '.yml', '.json']

/** What {@link listFiles} found. */
export interface FileListing {
  readonly files: readonly ManifestFile[]
  /** Named directories whose subdirectories were not read. */
  readonly skipped: readonly string[]
}

/** Expands paths to files: of directories, their manifests sorted by name. @throws InputError */
export async function listFiles(
  paths: readonly string[],
  { cwd, recursive }: { readonly cwd: string; readonly recursive: boolean },
): Promise<FileListing> {
  const files = new Map<string, ManifestFile>()
  const skipped: string[] = []
  for (const label of paths) {
    let isEmpty = true
    const folders = ['']
    // The loop also visits the folders that it appends.
    for (const folder of folders) {
      const found = await entriesAt(
        folder === '' ? label : path.join(label, folder),
        path.resolve(cwd, label, folder),
        folder,
      )
      for (const file of found.files) if (!files.has(file.path)) files.set(file.path, file)
      isEmpty &&= found.files.length === 0
      if (recursive) folders.push(...found.folders)
      else if (found.folders.length > 0) skipped.push(label)
      if (files.size > MANIFEST_LIMITS.files || folders.length > MANIFEST_LIMITS.files) {
        throw new InputError([`${label}: more than ${MANIFEST_LIMITS.files} files or directories; name fewer`])
      }
    }
    if (isEmpty) {
      const where = recursive ? 'in or below this directory' : 'in this directory; to read those below it, add -R'
      throw new InputError([`${label}: no .yaml, .yml or .json file ${where}`])
    }
  }
  return { files: [...files.values()], skipped }
}

/** Says that a directory has more manifests than were read, perhaps. */
export function skippedNote(label: string): string {
  return `${label}: directories below it are not read; to read them, add -R`
}

/** The manifests of one file or directory, and its directories. Names that begin with a dot are of tools. */
async function entriesAt(
  label: string,
  location: string,
  folder: string,
): Promise<{ readonly files: readonly ManifestFile[]; readonly folders: readonly string[] }> {
  try {
    const facts = await stat(location)
    if (!facts.isDirectory()) {
      return { files: [{ label, path: location, folder, named: true, stamp: stampOf(facts) }], folders: [] }
    }
    const entries = (await readdir(location, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const files = await Promise.all(
      entries
        .filter(({ name }) => EXTENSIONS.includes(path.extname(name).toLowerCase()))
        .map(async ({ name }): Promise<ManifestFile | undefined> => {
          const file = path.join(location, name)
          const found = await stat(file)
          return found.isFile()
            ? { label: path.join(label, name), path: file, folder, named: false, stamp: stampOf(found) }
            : undefined
        }),
    )
    const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    return {
      files: files.filter((file) => file !== undefined),
      folders: folders.map(({ name }) => path.join(folder, name)),
    }
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
