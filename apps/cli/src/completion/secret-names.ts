import {
  type CommandIo,
  type Completion,
  flagValues,
  type FlagValues,
  type OutputStream,
} from '@ack-secret-manager/command-line'
import { systemClock } from '@ack-secret-manager/core'
import { CLOUD_FLAGS } from '../flags/shared-flags.ts'
import { openManagement } from '../identity/open-management.ts'
import { Log } from '../output/log.ts'
import { REQUESTS_DEADLINE_MS } from './deadlines.ts'
import type { SourceRequest } from './source-request.ts'
import { readNameCache, writeNameCache } from './secret-name-cache.ts'

const MAX_NAMES = 5_000
const SILENT: OutputStream = { write: () => undefined }
/** Flags that decide which secrets there are. */
const SCOPE = ['region', 'network', 'endpoint', 'sts-endpoint', 'metadata-endpoint', 'profile', 'auth'] as const
/** Variables that decide with which identity they are listed. An AccessKey id is no secret. */
const SCOPE_VARIABLES = [
  'ALIBABA_CLOUD_REGION_ID',
  'ALIBABA_CLOUD_PROFILE',
  'ALIBABA_CLOUD_ACCESS_KEY_ID',
  'ALIBABA_CLOUD_ROLE_ARN',
  'ACCESS_KEY_ID',
]

/** Names of KMS secrets that start with what is typed, from the cache or from KMS. @throws SecretSyncError | UsageError | InputError */
export async function secretNames(
  { given, typed }: SourceRequest,
  { env }: Pick<CommandIo, 'env'>,
  signal: AbortSignal,
): Promise<readonly Completion[]> {
  const flags = flagValues(CLOUD_FLAGS, { given: Object.fromEntries(given), env })
  const scope = JSON.stringify([SCOPE.map((flag) => flags[flag] ?? ''), SCOPE_VARIABLES.map((name) => env[name] ?? '')])
  const request = { scope, typed, env, nowMs: systemClock.now() }
  const cached = await readNameCache(request)
  if (cached !== undefined) return wordsOf(cached)
  const names = await listNames({ flags, given, typed, env, signal })
  // With the rest left out, a longer word would find too few.
  if (names.length < MAX_NAMES) await writeNameCache(request, names)
  return wordsOf(names)
}

interface ListRequest extends Pick<SourceRequest, 'given' | 'typed'>, Pick<CommandIo, 'env'> {
  readonly flags: FlagValues<typeof CLOUD_FLAGS>
  readonly signal: AbortSignal
}

async function listNames({ flags, given, typed, env, signal }: ListRequest): Promise<readonly string[]> {
  // Notes such as the profile in use would end up in the line of the user.
  const log = new Log(SILENT, 'error')
  const management = await openManagement({ flags, typed: new Set(given.keys()), env, log, signal, runsCommand: false })
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(REQUESTS_DEADLINE_MS)])
  try {
    const names: string[] = []
    // `*` and `?` are wildcards only in a pattern, and no part of a name.
    const filter = `${typed.replaceAll(/[*?]/g, '')}*`
    for await (const { name } of management.kms.listSecrets({ filter, deleted: 'include', signal: deadline })) {
      names.push(name)
      if (names.length >= MAX_NAMES) break
    }
    return names
  } finally {
    await management.close()
  }
}

function wordsOf(names: readonly string[]): readonly Completion[] {
  return names.map((word) => ({ word, help: '' }))
}
