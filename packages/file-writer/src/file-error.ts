import { type ErrorCode, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { errnoOf } from './disk.ts'

interface Explanation {
  readonly code: ErrorCode
  readonly why: string
}

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  EACCES: { code: 'WriteDenied', why: 'permission denied; make the user of this process the owner of the directory' },
  EPERM: { code: 'WriteDenied', why: 'not permitted; make the user of this process the owner of the directory' },
  EROFS: { code: 'WriteDenied', why: 'the file system is read-only' },
  ENOSPC: { code: 'WriteFailed', why: 'no space left on the device' },
  EDQUOT: { code: 'WriteFailed', why: 'the disk quota is exceeded' },
  ENOENT: { code: 'WriteFailed', why: 'no such file or directory, and it cannot be created' },
  ELOOP: { code: 'WriteFailed', why: 'a symbolic link is in the way; remove it' },
  EISDIR: { code: 'WriteFailed', why: 'a directory is in the way; remove it' },
  ENOTDIR: { code: 'WriteFailed', why: 'a file is in the way; remove it' },
  EEXIST: { code: 'WriteFailed', why: 'the path already exists (on some systems "a" and "A" are the same file)' },
  EINVAL: { code: 'WriteFailed', why: 'it is not a regular file; remove it' },
  EFBIG: { code: 'TooLarge', why: 'the file is larger than a secret can be' },
}

/** Converts an error of the file system. The path is safe to show, because it contains names, not values. */
export function fileError(error: unknown, doing: string): SecretSyncError {
  if (isSecretSyncError(error)) return error
  const errno = errnoOf(error)
  const { code, why } = (errno && EXPLANATIONS[errno]) || {
    code: 'WriteFailed' as const,
    why: errno ?? 'unknown error',
  }
  const blocked = blockedPath(error)
  const path = blocked === undefined ? '' : ` (${blocked})`
  return new SecretSyncError(code, `${doing}: ${why}${path}`, {
    facts: errno ? { remoteCode: errno } : {},
    cause: error,
  })
}

/** The path that an operation was to change: of a rename or a new link, the destination. */
function blockedPath(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('dest' in error && typeof error.dest === 'string') return error.dest
  return 'path' in error && typeof error.path === 'string' ? error.path : undefined
}
