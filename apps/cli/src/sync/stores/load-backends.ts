import type { FlagValues } from '@ack-secret-manager/command-line'
import { type BackendPackages, loadBackendPackages } from '@ack-secret-manager/plugin-loader'
import type { KMS_FLAGS, MANIFEST_FLAGS } from '../../flags/shared-flags.ts'
import type { Log } from '../../output/log.ts'

/** Options of {@link loadBackends}. */
export interface LoadBackendsOptions {
  readonly flags: Pick<
    FlagValues<typeof MANIFEST_FLAGS & typeof KMS_FLAGS>,
    'backend-package' | 'plugin-dir' | 'timeout'
  >
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Packages whose failure is the error of the resources that read through them. */
  readonly needed: ReadonlySet<string>
}

/** Longer than the code of a package takes to load. */
const MAX_LOAD_MS = 30_000

/** Loads the packages of `--backend-package`. A failure is logged only if no resource needs the package. */
export async function loadBackends({ flags, env, log, needed }: LoadBackendsOptions): Promise<BackendPackages> {
  const packages = new Set(flags['backend-package'])
  const backends = await loadBackendPackages({
    packages: [...packages],
    pluginDirs: flags['plugin-dir'],
    appDir: import.meta.url,
    env,
    loadTimeoutMs: Math.min(MAX_LOAD_MS, flags.timeout),
  })
  for (const name of packages) {
    const failure = needed.has(name) ? undefined : backends.failureOf(name)
    if (failure) log.warn(failure.message)
  }
  return backends
}
