import { type ErrorCode, isSecretSyncError, type SecretSyncError } from '@ack-secret-manager/core'

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** The error that `work` must throw. */
export function failure(work: () => unknown): SecretSyncError {
  try {
    work()
  } catch (error) {
    if (isSecretSyncError(error)) return error
    throw error
  }
  throw new Error('expected a SecretSyncError, nothing was thrown')
}

/** The code of the error that `work` throws, or `none`. Other errors are rethrown. */
export function codeOf(work: () => unknown): ErrorCode | 'none' {
  try {
    work()
    return 'none'
  } catch (error) {
    if (isSecretSyncError(error)) return error.code
    throw error
  }
}
