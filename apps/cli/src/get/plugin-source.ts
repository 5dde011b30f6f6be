import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import type { Log } from '../output/log.ts'
import { loadBackends } from '../sync/stores/load-backends.ts'
import type { GET_FLAGS } from './get-flags.ts'
import type { SecretSource } from './secret-source.ts'

/** Flags that select another service or identity. */
const OTHER_SOURCES = ['auth', 'profile', 'client-key', 'client-key-password', 'instance-ca', 'endpoint'] as const

/** Reads through a backend package. @throws UsageError | SecretSyncError `InvalidSpec` from its config schema */
export async function pluginSource(
  packageName: string,
  { flags, typed, io: { env } }: CommandCall<typeof GET_FLAGS>,
  log: Log,
): Promise<SecretSource> {
  const other = OTHER_SOURCES.find((name) => typed.has(name))
  if (other !== undefined) throw new UsageError(`--${other} cannot be combined with --backend-package`)
  if (typed.has('provider') && flags.provider !== 'kms')
    throw new UsageError('--provider cannot be combined with --backend-package')
  const config = configOf(flags['plugin-config'] ?? '{}')
  const packages = { 'backend-package': [packageName], 'plugin-dir': flags['plugin-dir'], timeout: flags.timeout }
  const needed = new Set([packageName])
  const { backend } = (await loadBackends({ flags: packages, env, log, needed })).resolve(packageName, config)
  return { backend, close: () => backend.close() }
}

/** The typed text is not repeated in errors, because it may contain a secret. */
function configOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const config: unknown = JSON.parse(text)
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) return { ...config }
  } catch {
    // Reported below.
  }
  throw new UsageError('--plugin-config: expected a JSON object')
}
