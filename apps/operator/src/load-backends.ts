import { type BackendPackages, loadBackendPackages } from '@ack-secret-manager/plugin-loader'
import type { Logger } from 'pino'
import type { OperatorConfig } from './config/operator-config.ts'

/** Loads the packages of `--backend-package`. Failures are logged here and reported by the stores that use the package. */
export async function loadBackends(
  { backendPackages, pluginDirs }: Pick<OperatorConfig, 'backendPackages' | 'pluginDirs'>,
  env: Readonly<Record<string, string | undefined>>,
  log: Logger,
): Promise<BackendPackages> {
  const backends = await loadBackendPackages({
    packages: backendPackages,
    pluginDirs,
    appDir: import.meta.url,
    env,
  })
  for (const { message } of backends.failures) log.error(message)
  if (backends.loaded.length > 0) log.info({ packages: backends.loaded }, 'Backend packages loaded')
  return backends
}
