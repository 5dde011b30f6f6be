import type { FlagValues } from '@ack-secret-manager/command-line'
import { type BackendPackages, loadBackendPackages } from '@ack-secret-manager/plugin-loader'
import type { MANIFEST_FLAGS } from '../../flags/shared-flags.ts'
import type { Log } from '../../output/log.ts'

/** Options of {@link loadBackends}. */
export interface LoadBackendsOptions {
  readonly flags: Pick<FlagValues<typeof MANIFEST_FLAGS>, 'backend-package' | 'plugin-dir'>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
}

/** Loads the packages of `--backend-package`. A failure is logged, and is the error of resources that need the package. */
export async function loadBackends({ flags, env, log }: LoadBackendsOptions): Promise<BackendPackages> {
  const backends = await loadBackendPackages({
    packages: flags['backend-package'],
    pluginDirs: flags['plugin-dir'],
    appDir: import.meta.url,
    env,
  })
  for (const { message } of backends.failures) log.warn(message)
  return backends
}
