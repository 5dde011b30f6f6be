import type { Clock } from '../time/clock.ts'
import type { BackendConnection } from './secret-backend.ts'

/** Version of the contract between a backend package and the programs that load it, see {@link BackendPlugin}. */
export const BACKEND_CONTRACT_VERSION = 1

/** What a schema says of a value. */
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
 * others. It must answer at once: a schema with asynchronous parts is refused.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
  }
}

/** What a program lends to the backends that it loads. */
export interface BackendPluginContext {
  /** Time, for deadlines: hand it on, so that tests can hold it. */
  readonly clock: Clock
  /** Environment of the process. Here belong credentials and places: whoever may write a store does not choose them. */
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
  /** Of a store's `config`, which comes from whoever may write a store: nothing in it is to be trusted. */
  readonly optionsSchema: StandardSchema<Options>
  /**
   * Makes a backend. Called whenever a store is new or has changed, so it asks nobody: the first read connects.
   * @throws SecretSyncError `InvalidSpec` for options that contradict each other, with the field of `config` in `facts.field`;
   * `Unauthenticated` when the environment lacks what it needs
   */
  connect(options: Options, context: BackendPluginContext): BackendConnection
}
