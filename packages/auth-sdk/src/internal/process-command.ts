import { SecretSyncError } from '@ack-secret-manager/core'
import type { CredentialsProvider } from '@alicloud/credentials'
import { spawn } from 'node:child_process'

/** A person may log in meanwhile. */
const TIMEOUT_MS = 60_000
const MAX_OUTPUT_BYTES = 1_048_576

/** What a command prints. Source: aliyun-cli, `mode External`. */
interface Session {
  readonly mode?: unknown
  readonly access_key_id?: unknown
  readonly access_key_secret?: unknown
  readonly sts_token?: unknown
  readonly expiration?: unknown
}

/**
 * The identity that the `process_command` of a profile prints. The SDK would leave a command behind that hangs. This one is ended with
 * all that it has started when the signal aborts, at its deadline, and with this process.
 */
export function processCommandProvider(command: string, signal?: AbortSignal): CredentialsProvider {
  const provider = {
    /** Under the name of the SDK, for its expiry. */
    session: undefined as Session | undefined,
    getProviderName: () => 'external',
    getCredentials: async () => {
      const session = sessionOf(await outputOf(command, signal))
      provider.session = session
      return {
        accessKeyId: String(session.access_key_id),
        accessKeySecret: String(session.access_key_secret),
        securityToken: typeof session.sts_token === 'string' ? session.sts_token : '',
        providerName: 'external',
      }
    },
  }
  return provider
}

/** Errors have the words of the SDK, without what the command has printed. */
function sessionOf(output: string): Session {
  let session: unknown
  try {
    session = JSON.parse(output)
  } catch {
    throw new Error('failed to parse external command output')
  }
  const { mode, access_key_id: id, access_key_secret: secret, sts_token: token } = (session ?? {}) as Session
  const isComplete = isText(id) && isText(secret) && (mode !== 'StsToken' || isText(token))
  if (!isComplete) throw new Error('invalid credential response')
  return session as Session
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

async function outputOf(command: string, signal: AbortSignal | undefined): Promise<string> {
  const { splitProcessCommand } = await import('@alicloud/credentials/dist/src/utils/command.js')
  const [file = '', ...args] = splitProcessCommand(command)
  // In a group of its own, so that a signal reaches what it has started.
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  const end = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // All of the group have ended.
    }
  }
  const timer = setTimeout(end, TIMEOUT_MS)
  signal?.addEventListener('abort', end, { once: true })
  process.once('exit', end)
  try {
    const chunks: Buffer[] = []
    let bytes = 0
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_OUTPUT_BYTES) return end()
      chunks.push(chunk)
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    if (code !== 0) throw new Error(`failed to execute external command: exit code ${code}`)
    return Buffer.concat(chunks).toString('utf8')
  } catch {
    // The message of Node has the command line.
    if (signal?.aborted) throw new SecretSyncError('Cancelled', 'process_command: cancelled')
    throw new Error('failed to execute external command')
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
    process.removeListener('exit', end)
  }
}
