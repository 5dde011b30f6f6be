import { readFile } from 'node:fs/promises'
import { type Clock, SecretSyncError, Sensitive } from '@ack-secret-manager/core'

/** How long the content is cached, so that unauthenticated requests do not read the file each time. */
const KEEP_MS = 10_000
const LENGTH = { min: 16, max: 512 }
/** The former token and the new one, while the rule of EventBridge is changed. */
const MAX_TOKENS = 2

type Tokens = readonly Sensitive<string>[]

/**
 * Reads the tokens of an HTTP target from a file, one a line. Reads them again after ten seconds, because a mounted Secret may change.
 * @throws SecretSyncError `Unauthenticated` if the file cannot be read, or does not hold one or two tokens of 16 to 512 characters
 */
export function tokenFile(path: string, clock: Pick<Clock, 'monotonic'>): () => Promise<Tokens> {
  let kept: { readonly untilMs: number; readonly tokens: Promise<Tokens> } | undefined
  return () => {
    const nowMs = clock.monotonic()
    if (kept === undefined || kept.untilMs <= nowMs) {
      const tokens = read(path)
      kept = { untilMs: nowMs + KEEP_MS, tokens }
      tokens.catch(() => undefined)
    }
    return kept.tokens
  }
}

async function read(path: string): Promise<Tokens> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unusable(`cannot be read (${error.code ?? 'unknown error'}); mount the Secret with the token there`)
  })
  const lines = text.split('\n').map((line) => line.trim())
  const tokens = lines.filter((line) => line !== '')
  if (tokens.length < 1 || tokens.length > MAX_TOKENS || !tokens.every(isToken)) {
    throw unusable(`expected one or two tokens of ${LENGTH.min} to ${LENGTH.max} printable characters, one a line`)
  }
  return tokens.map((token) => new Sensitive(token))
}

function isToken(text: string): boolean {
  return text.length >= LENGTH.min && text.length <= LENGTH.max && /^[\x21-\x7e]+$/.test(text)
}

function unusable(what: string): SecretSyncError {
  return new SecretSyncError('Unauthenticated', `--hint-http-token-file: ${what}`, { facts: { field: 'token' } })
}
