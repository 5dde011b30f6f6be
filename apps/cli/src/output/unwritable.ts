import { InputError } from '../input-error.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such directory',
  ENOTDIR: 'a part of the path is a file, not a directory',
  // Of a directory that is created.
  EEXIST: 'is a file, not a directory',
  EISDIR: 'is a directory, not a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
}

/** Describes an error of the file system about an output. @param label flag and path */
export function unwritable(label: string, error: unknown): InputError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = REASONS[code] ?? `cannot be written${code === '' ? '' : ` (${code})`}`
  return new InputError([`${label}: ${why}`])
}
