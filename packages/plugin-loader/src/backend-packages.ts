import {
  type BackendConnection,
  type BackendPlugin,
  type Clock,
  errorKind,
  isSecretSyncError,
  SecretSyncError,
  systemClock,
} from '@ack-secret-manager/core'
import { guardConnection } from './guard-connection.ts'
import { loadPackage } from './load-package.ts'
import { pluginOptions } from './plugin-options.ts'

/** Options of {@link loadBackendPackages}. */
export interface BackendPackagesOptions {
  /** Names of packages; these and no others can be used. */
  readonly packages: readonly string[]
  /** Folders whose `node_modules` is looked into first. @default [] */
  readonly pluginDirs?: readonly string[]
  /** The program, as path or `import.meta.url`: packages installed beside it are found. */
  readonly appDir: string
  /** Environment that plugins see. @default {} */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Longest time until a package's code is ready. @default 30_000 */
  readonly loadTimeoutMs?: number
  /** Longest time of one read of a plugin. @default 60_000 */
  readonly readTimeoutMs?: number
  /** Longest time that closing a plugin's backend may take. @default 10_000 */
  readonly closeTimeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

const MAX_PACKAGES = 32

/** The backend packages that a program was started with. */
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

  /** Names of the packages that can be used. */
  get loaded(): readonly string[] {
    return [...this.#plugins].flatMap(([name, plugin]) => (isSecretSyncError(plugin) ? [] : [name]))
  }

  /** Why the others cannot, one line each. */
  get failures(): readonly SecretSyncError[] {
    return [...this.#plugins.values()].filter((plugin) => isSecretSyncError(plugin))
  }

  /**
   * A backend of a package for a store's `spec.plugin`.
   * @throws SecretSyncError `InvalidSpec`, with the field below `spec.plugin` in `facts.field`, and whatever the package's
   * own `connect` throws of that kind
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
    const options = ours(plugin, 'its schema', () => pluginOptions(plugin, config))
    const connection: unknown = ours(plugin, 'connect', () => plugin.connect(options, { clock, env }))
    return guardConnection(connection, { name: plugin.name, readTimeoutMs, closeTimeoutMs, clock })
  }
}

/**
 * Loads backend packages. One that cannot be loaded harms nobody else: it is among the `failures`, and stores that name it
 * are told why.
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

/** Runs code of a plugin. What it throws that is not ours may hold anything: only its kind is told. */
function ours<T>(plugin: BackendPlugin, what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (isSecretSyncError(error)) throw error
    throw new SecretSyncError(
      'InvalidSpec',
      `config: ${what} of the backend ${plugin.name} threw ${errorKind(error)}`,
      {
        facts: { field: 'config' },
      },
    )
  }
}
