import { checkLimits, defined, systemClock, withDefaults } from '@ack-secret-manager/core'
import { credentialSource, type CredentialChoice } from '../credentials/credential-source.ts'
import type { KubeCredentialSource } from '../credentials/kube-credentials.ts'
import type {
  KubeCallOptions,
  KubeClientOptions,
  KubeRequest,
  KubeResponse,
  KubeStreamRequest,
} from './kube-request.ts'
import type { KubeList, KubeObject } from './kube-object.ts'
import { KubeTransport } from './transport.ts'
import { MERGE_PATCH_TYPE } from './media-types.ts'
import { USER_AGENT } from './user-agent.ts'

export type KubeConfigOptions = Omit<KubeClientOptions, 'credentials'> & CredentialChoice

export interface KubeDeleteOptions extends KubeCallOptions {
  /** The API server returns 409 if the object does not match. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  /** @default the policy of the resource, usually Background */
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  /** Checks permissions, preconditions and admission without deleting the object. @default false */
  readonly dryRun?: boolean
}

/** Field manager of all writes, in `metadata.managedFields`. */
export const FIELD_MANAGER = 'ack-secret-manager'

const DEFAULTS = {
  connections: 16,
  maxStreams: 256,
  timeoutMs: 30_000,
  maxBodyBytes: 32 * 1024 * 1024,
  loginTimeoutMs: 30_000,
  credentialsMaxAgeMs: 60_000,
  maxThrottleRetries: 3,
  userAgent: USER_AGENT,
  clock: systemClock,
}

/** An empty list of metadata: Go encodes an empty slice of some types as null. */
type NullList = Pick<KubeList, 'metadata'> & { readonly items: null }

/**
 * Raw JSON client of one API server, with pooled HTTP/1.1 connections. Every call has a deadline and a size limit. Credentials
 * are reloaded when they age, and immediately after a 401.
 *
 * Calls throw {@link KubeApiError} for an error response, and `SecretSyncError` `Unavailable` | `Timeout` |
 * `InvalidResponse` | `Unauthenticated` | `Cancelled` without a usable response. A body that JSON cannot hold is not sent:
 * `InvalidSpec` names the field. A GET is retried once after a broken
 * connection and a few times after 429. A write is retried only after a 401, or if it was not sent: with reloaded credentials after a
 * failed connection, and when its fence opens again.
 */
export class KubeClient implements AsyncDisposable {
  readonly #transport: KubeTransport
  readonly #source: KubeCredentialSource

  /** @throws RangeError for a limit that is not a whole number of at least 1; `maxThrottleRetries` may be 0 */
  constructor(options: KubeClientOptions) {
    const settings = withDefaults(options, DEFAULTS)
    const { connections, maxStreams, timeoutMs, maxBodyBytes, loginTimeoutMs, credentialsMaxAgeMs } = settings
    checkLimits({ connections, maxStreams, timeoutMs, maxBodyBytes, loginTimeoutMs, credentialsMaxAgeMs })
    checkLimits({ maxThrottleRetries: settings.maxThrottleRetries }, 0)
    this.#source = options.credentials
    this.#transport = new KubeTransport(settings)
  }

  /**
   * Creates a client with the credentials of a kubeconfig or of its pod. Opens no connection yet.
   * @throws SecretSyncError `InvalidSpec` | `Unauthenticated` if there are no credentials
   */
  static async fromKubeConfig(options: KubeConfigOptions = {}): Promise<KubeClient> {
    const { kubeconfigPath, context, inCluster, onLoginOutput, onOtherCluster, ...rest } = options
    const choice = defined({ kubeconfigPath, context, inCluster, onLoginOutput, onOtherCluster })
    return new KubeClient({ ...rest, credentials: await credentialSource(choice) })
  }

  /** Namespace of the context or of the pod. */
  get namespace(): string | undefined {
    return this.#source.namespace
  }

  /** Name of the context of the kubeconfig. */
  get context(): string | undefined {
    return this.#source.context
  }

  /** Base URL of the API server, if it is known before the first request. */
  get server(): string | undefined {
    return this.#source.server
  }

  /** Source of the credentials, for messages. */
  get description(): string {
    return this.#source.description
  }

  /** The clock of the API server in wall-clock milliseconds, from its last response; undefined before the first one. */
  get serverTimeMs(): number | undefined {
    return this.#transport.serverTimeMs
  }

  /** Sends any request. */
  request<T>(request: KubeRequest): Promise<KubeResponse<T>> {
    return this.#transport.request<T>(request)
  }

  /**
   * Opens a watch or another streaming response.
   * @returns its chunks as they arrive; ending the iteration or aborting the signal closes the connection
   */
  stream(request: KubeStreamRequest): Promise<AsyncIterable<Uint8Array>> {
    return this.#transport.stream(request)
  }

  async get<T = KubeObject>(path: string, options: KubeCallOptions): Promise<T> {
    return (await this.request<T>({ ...options, method: 'GET', path })).body
  }

  /** Reads one page of a collection: `query.limit` is its size, `query.continue` its token. */
  async list<T = KubeObject>(path: string, options: KubeCallOptions): Promise<KubeList<T>> {
    const { body } = await this.request<KubeList<T> | NullList>({ ...options, method: 'GET', path })
    return body.items === null ? { ...body, items: [] } : body
  }

  /** Creates an object, as field manager `ack-secret-manager`. Throws 409 `AlreadyExists` if the name is taken. */
  async create<T = KubeObject>(collectionPath: string, object: unknown, options: KubeCallOptions): Promise<T> {
    const query = { fieldManager: FIELD_MANAGER, ...options.query }
    return (await this.request<T>({ ...options, query, method: 'POST', path: collectionPath, body: object })).body
  }

  /** Replaces an object. Its `metadata.resourceVersion` is the precondition. */
  async update<T = KubeObject>(path: string, object: unknown, options: KubeCallOptions): Promise<T> {
    const query = { fieldManager: FIELD_MANAGER, ...options.query }
    return (await this.request<T>({ ...options, query, method: 'PUT', path, body: object })).body
  }

  /** JSON merge patch, as field manager `ack-secret-manager`. A `metadata.resourceVersion` in it is a precondition. */
  async mergePatch<T = KubeObject>(path: string, patch: unknown, options: KubeCallOptions): Promise<T> {
    const query = { fieldManager: FIELD_MANAGER, ...options.query }
    const call = { ...options, query, method: 'PATCH', path, body: patch, contentType: MERGE_PATCH_TYPE } as const
    return (await this.request<T>(call)).body
  }

  /** Deletes an object. Throws 404 if it does not exist, 409 if it does not meet the preconditions. */
  async delete(path: string, options: KubeDeleteOptions): Promise<void> {
    const { preconditions, propagationPolicy, dryRun = false, ...call } = options
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      // In the body, because the API server ignores `dryRun` of the query of a DELETE that has a body.
      ...(dryRun ? { dryRun: ['All'] } : {}),
      ...defined({ preconditions, propagationPolicy }),
    }
    await this.request({ ...call, method: 'DELETE', path, body })
  }

  /** Closes all connections. Calls and watches in flight fail with `Cancelled`. */
  close(): Promise<void> {
    return this.#transport.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
