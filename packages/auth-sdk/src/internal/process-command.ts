import type { CredentialsProvider } from '@alicloud/credentials'
import { ProcessCommandError } from './process-command-error.ts'
import { outputOf } from './run-command.ts'
import { importSdkCommand } from './sdk-modules.ts'

/** A user may log in meanwhile. */
const TIMEOUT_MS = 60_000

/** Options of {@link processCommandProvider}. */
export interface ProcessCommandOptions {
  /** Ends the command. @default none */
  readonly signal?: AbortSignal | undefined
  /** @default 60_000 */
  readonly timeoutMs?: number
}

/** What a command prints. Source: aliyun-cli, `mode External`. */
interface Session {
  readonly mode?: unknown
  readonly access_key_id?: unknown
  readonly access_key_secret?: unknown
  readonly sts_token?: unknown
  readonly expiration?: unknown
}

/** The identity that the `process_command` of a profile prints. The SDK would leave a command behind that hangs. */
export function processCommandProvider(
  command: string,
  { signal, timeoutMs = TIMEOUT_MS }: ProcessCommandOptions = {},
): CredentialsProvider {
  const provider = {
    /** Under the name of the SDK, for its expiry. */
    session: undefined as Session | undefined,
    getProviderName: () => 'external',
    getCredentials: async () => {
      const { splitProcessCommand } = await importSdkCommand()
      const session = sessionOf(await outputOf(splitProcessCommand(command), { signal, timeoutMs }))
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

function sessionOf(output: string): Session {
  let session: unknown
  try {
    session = JSON.parse(output)
  } catch {
    throw noSession()
  }
  const { mode, access_key_id: id, access_key_secret: secret, sts_token: token } = (session ?? {}) as Session
  const isComplete = isText(id) && isText(secret) && (mode !== 'StsToken' || isText(token))
  if (!isComplete) throw noSession()
  return session as Session
}

function noSession(): ProcessCommandError {
  return new ProcessCommandError('InvalidResponse', 'does not print a credential as JSON')
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
