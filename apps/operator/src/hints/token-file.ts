import { readFile } from 'node:fs/promises'
import { type Clock, SecretSyncError, Sensitive } from '@ack-secret-manager/core'

/** How long the content is cached, so that unauthenticated requests do not read the file each time. */
const KEEP_MS = 10_000
const LENGTH = { min: 16, max: 512 }

/**
 * Reads the token of an HTTP target from a file. Reads it again after ten seconds, because a mounted Secret may change.
 * @throws SecretSyncError `InvalidSpec` if the file cannot be read, or holds no token of 16 to 512 characters
 */
export function tokenFile(path: string, clock: Pick<Clock, 'monotonic'>): () => Promise<Sensitive<string>> {
  let kept: { readonly untilMs: number; readonly token: Promise<Sensitive<string>> } | undefined
  return () => {
    const nowMs = clock.monotonic()
    if (kept === undefined || kept.untilMs <= nowMs) {
      const token = read(path)
      kept = { untilMs: nowMs + KEEP_MS, token }
      token.catch(() => undefined)
    }
    return kept.token
  }
}

async function read(path: string): Promise<Sensitive<string>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(`cannot be read (${error.code ?? 'unknown error'}); mount the Secret with the token there`)
  })
  const token = text.trim()
  if (token.length < LENGTH.min || token.length > LENGTH.max || !/^[\x21-\x7e]+$/.test(token)) {
    throw invalid(`expected a token of ${LENGTH.min} to ${LENGTH.max} printable characters without blanks`)
  }
  return new Sensitive(token)
}

function invalid(what: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `--hint-http-token-file: ${what}`, { facts: { field: 'token' } })
}
