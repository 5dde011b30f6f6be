import type { Clock } from '../time/clock.ts'
import type { BackendConnection } from './secret-backend.ts'

/** Version of the contract between a backend package and the programs that load it, see {@link BackendPlugin}. */
export const BACKEND_CONTRACT_VERSION = 1

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
      }[]
    }

/**
 * A schema of any library that follows Standard Schema, version 1 (https://standardschema.dev): zod, valibot, arktype and
 * others. Validation must be synchronous: a schema with asynchronous parts is refused.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
  }
}

/** Services that a program passes to the backends that it loads. */
export interface BackendPluginContext {
  /** Time for deadlines. Use it instead of the system clock, so that tests can control it. */
  readonly clock: Clock
  /** Environment of the process. Credentials belong here, because users who may write a store cannot set it. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * A backend package: a module that exports one of these as `backendPlugin`. The operator and `acksm` load it by the name
 * of its package (`--backend-package`); stores use it by `spec.plugin: {package, config}`.
 *
 * @example
 * ```ts
 * export const backendPlugin: BackendPlugin<{ url: string }> = {
 *   contractVersion: 1,
 *   name: 'vault',
 *   optionsSchema: z.strictObject({ url: z.url() }),
 *   connect: ({ url }, { env, clock }) => vaultConnection({ url, token: new Sensitive(env['VAULT_TOKEN'] ?? ''), clock }),
 * }
 * ```
 */
export interface BackendPlugin<Options = unknown> {
  readonly contractVersion: typeof BACKEND_CONTRACT_VERSION
  /** For metrics and messages: lower-case letters, digits and `-`, at most 63. */
  readonly name: string
  /** Schema of a store's `config`. Its content is untrusted, because any user who may write a store can set it. */
  readonly optionsSchema: StandardSchema<Options>
  /**
   * Creates a backend. Called for each new or changed store, so it makes no network call: the first read connects.
   * @throws SecretSyncError `InvalidSpec` for options that contradict each other, with the field of `config` in `facts.field`;
   * `Unauthenticated` when the environment lacks a credential
   */
  connect(options: Options, context: BackendPluginContext): BackendConnection
}
