import { type ErrorCode, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { errnoOf } from './disk.ts'

interface Explanation {
  readonly code: ErrorCode
  readonly why: string
}

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  EACCES: { code: 'WriteDenied', why: 'permission denied; give the directory to the user who runs this' },
  EPERM: { code: 'WriteDenied', why: 'not permitted; give the directory to the user who runs this' },
  EROFS: { code: 'WriteDenied', why: 'the file system is read-only' },
  ENOSPC: { code: 'WriteFailed', why: 'no space left on the device' },
  EDQUOT: { code: 'WriteFailed', why: 'the disk quota is used up' },
  ELOOP: { code: 'WriteFailed', why: 'a symbolic link is in the way; remove it' },
  EISDIR: { code: 'WriteFailed', why: 'a directory is in the way; remove it' },
  ENOTDIR: { code: 'WriteFailed', why: 'something that is no directory is in the way; remove it' },
  EEXIST: { code: 'WriteFailed', why: 'something is there already (on some systems "a" and "A" are one file)' },
  EINVAL: { code: 'WriteFailed', why: 'something that is no regular file is in the way; remove it' },
  EFBIG: { code: 'TooLarge', why: 'the file is larger than a secret can be' },
}

/** A failure of the file system, in words. The path may be told: it holds names, no values. */
export function fileError(error: unknown, doing: string): SecretSyncError {
  if (isSecretSyncError(error)) return error
  const errno = errnoOf(error)
  const { code, why } = (errno && EXPLANATIONS[errno]) || {
    code: 'WriteFailed' as const,
    why: errno ?? 'unknown error',
  }
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? ` (${error.path})` : ''
  return new SecretSyncError(code, `${doing}: ${why}${path}`, {
    facts: errno ? { remoteCode: errno } : {},
    cause: error,
  })
}
