import {
  type BackendConnection,
  type BackendPlugin,
  type Clock,
  errorKind,
  isSecretSyncError,
  type PackageDriver,
  SecretSyncError,
  systemClock,
} from '@ack-secret-manager/core'
import { contractError } from './check-error.ts'
import { guardConnection } from './guard-connection.ts'
import { loadPackage } from './load-package.ts'
import { pluginOptions } from './plugin-options.ts'

export interface BackendPackagesOptions {
  /** Names of the packages to load. Stores can use no others. */
  readonly packages: readonly string[]
  /** Folders whose `node_modules` is searched first. @default [] */
  readonly pluginDirs?: readonly string[]
  /** The program, as path or `import.meta.url`; its `node_modules` is searched last. */
  readonly appDir: string
  /** Environment that plugins see. @default {} */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Deadline of loading the code of a package. @default 30_000 */
  readonly loadTimeoutMs?: number
  /** Deadline of one read of a backend package. @default 60_000 */
  readonly readTimeoutMs?: number
  /** Deadline of closing the backend of a backend package. @default 10_000 */
  readonly closeTimeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

const MAX_PACKAGES = 32

/** The loaded backend packages of a program. */
export class BackendPackages {
  readonly #options: Required<Omit<BackendPackagesOptions, 'packages' | 'pluginDirs' | 'appDir'>>
  readonly #plugins: ReadonlyMap<string, BackendPlugin | SecretSyncError>

  /** Use {@link loadBackendPackages}. */
  constructor(
    plugins: ReadonlyMap<string, BackendPlugin | SecretSyncError>,
    options: Required<Omit<BackendPackagesOptions, 'packages' | 'pluginDirs' | 'appDir'>>,
  ) {
    this.#plugins = plugins
    this.#options = options
  }

  /** Names of the loaded packages. */
  get loaded(): readonly string[] {
    return [...this.#plugins].flatMap(([name, plugin]) => (isSecretSyncError(plugin) ? [] : [name]))
  }

  /** One error for each package that could not be loaded. */
  get failures(): readonly SecretSyncError[] {
    return [...this.#plugins.values()].filter((plugin) => isSecretSyncError(plugin))
  }

  /** Why a package could not be loaded; undefined for another package. */
  failureOf(name: string): SecretSyncError | undefined {
    const plugin = this.#plugins.get(name)
    return isSecretSyncError(plugin) ? plugin : undefined
  }

  /** A driver for each package. That of a package that could not be loaded throws its error. */
  get drivers(): readonly PackageDriver[] {
    return [...this.#plugins.keys()].map((name) => ({ package: name, connect: (config) => this.resolve(name, config) }))
  }

  /**
   * Connects a store's `spec.plugin` through its package.
   * @throws SecretSyncError `InvalidSpec` with the field below `spec.plugin` in `facts.field`, or without a field if the package breaks its
   * contract; otherwise the SecretSyncError that `connect` of the package throws
   */
  resolve(name: string, config: Readonly<Record<string, unknown>>): BackendConnection {
    const plugin = this.#plugins.get(name)
    if (plugin === undefined) {
      throw new SecretSyncError(
        'InvalidSpec',
        `package: ${name} is not loaded; load it with --backend-package ${name}`,
        {
          facts: { field: 'package' },
        },
      )
    }
    if (isSecretSyncError(plugin)) {
      throw new SecretSyncError('InvalidSpec', `package: ${plugin.message}`, { facts: { field: 'package' } })
    }
    const { clock, env, readTimeoutMs, closeTimeoutMs } = this.#options
    const options = guardPlugin(plugin, 'its schema', () => pluginOptions(plugin, config))
    const guard = { name: plugin.name, readTimeoutMs, closeTimeoutMs, clock }
    return guardPlugin(plugin, 'connect', () => guardConnection(plugin.connect(options, { clock, env }), guard))
  }
}

/**
 * Loads backend packages. A package that cannot be loaded does not affect others: it is listed in `failures`, and stores that
 * name it get its error.
 * @throws SecretSyncError `InvalidSpec` for more than 32 packages
 */
export async function loadBackendPackages(options: BackendPackagesOptions): Promise<BackendPackages> {
  const { packages, pluginDirs = [], appDir, env = {}, clock = systemClock } = options
  const { loadTimeoutMs = 30_000, readTimeoutMs = 60_000, closeTimeoutMs = 10_000 } = options
  const names = [...new Set(packages)]
  if (names.length > MAX_PACKAGES) {
    throw new SecretSyncError('InvalidSpec', `--backend-package: at most ${MAX_PACKAGES} packages, got ${names.length}`)
  }
  const load = { pluginDirs, appDir, clock, timeoutMs: loadTimeoutMs }
  const plugins = await Promise.all(
    names.map(async (name) => [name, await loadPackage(name, load).catch(asFailure)] as const),
  )
  return new BackendPackages(new Map(plugins), { env, clock, loadTimeoutMs, readTimeoutMs, closeTimeoutMs })
}

function asFailure(error: unknown): SecretSyncError {
  if (isSecretSyncError(error)) return error
  throw error
}

/** Runs code of a backend package. Keeps only the kind of a foreign error, because its message may hold a secret. */
function guardPlugin<T>(plugin: BackendPlugin, what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const where = `config: ${what} of the backend ${plugin.name}`
    const known = contractError(error, where)
    if (known !== undefined) throw known
    throw new SecretSyncError('InvalidSpec', `${where} threw ${errorKind(error)}`, { facts: { field: 'config' } })
  }
}
