import { constants, open } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { MAX_OIDC_TOKEN_LENGTH, type OidcTokenSource, unauthenticated } from './oidc-token.ts'

/** Room for white space around the longest token. */
const MAX_FILE_BYTES = MAX_OIDC_TOKEN_LENGTH + 1_024

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist: mount a projected ServiceAccount token there, or let ack-pod-identity-webhook do it',
  ENOTDIR: 'does not exist: a part of its path is a file',
  EACCES: 'may not be read by this process: check fsGroup and the mode of the volume',
  EPERM: 'may not be read by this process',
  ELOOP: 'is a symbolic link loop',
}

/**
 * A token in a file, such as a projected token of the kubelet. Reads the file each time, because the kubelet rotates it.
 * Trims white space and a byte order mark.
 * @param path absolute
 * @throws SecretSyncError `InvalidSpec` for a relative path; `token()` throws `Unauthenticated` when there is no usable
 * file, naming the path
 */
export function tokenFile(path: string): OidcTokenSource {
  if (!isAbsolute(path) || path.includes('\0')) {
    const got = JSON.stringify(path.slice(0, 120))
    throw new SecretSyncError('InvalidSpec', `token file: expected an absolute path, got ${got}`, {
      facts: { field: 'oidcTokenFilePath' },
    })
  }
  const description = `token file ${path}`
  return {
    description,
    fingerprint: ['file', path],
    token: async () => new Sensitive((await read(path, description)).trim()),
  }
}

async function read(path: string, what: string): Promise<string> {
  try {
    // Without O_NONBLOCK, opening a FIFO blocks until it has a writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      if (!(await file.stat()).isFile()) throw unauthenticated(what, 'is not a regular file')
      // The extra byte detects a larger file.
      const buffer = Buffer.alloc(MAX_FILE_BYTES + 1)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
      if (bytesRead > MAX_FILE_BYTES) throw unauthenticated(what, `is larger than ${MAX_FILE_BYTES} bytes`)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw unreadable(error, what)
  }
}

function unreadable(error: unknown, what: string): Error {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const reason = REASONS[code]
  if (reason !== undefined) return unauthenticated(what, reason)
  return /^E[A-Z0-9]+$/.test(code) ? unauthenticated(what, `cannot be read (${code})`) : (error as Error)
}
