import { systemClock } from '@ack-secret-manager/core'
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

/** Options of {@link KubeClient.fromKubeConfig}. */
export type KubeConfigOptions = Omit<KubeClientOptions, 'credentials'> & CredentialChoice

/** Options of {@link KubeClient.delete}. */
export interface KubeDeleteOptions extends KubeCallOptions {
  /** The API server answers 409 when the object is another one. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  /** @default the resource's own, mostly Background */
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  /** Everything but the deletion itself: rights, preconditions and admission are checked. @default false */
  readonly dryRun?: boolean
}

const FIELD_MANAGER = 'ack-secret-manager'

/**
 * Raw JSON client of one API server: pooled HTTP/1.1 connections, a deadline and a size limit on every call, credentials
 * that are renewed when they age and at once when they are refused.
 *
 * Calls throw {@link KubeApiError} for an answer that is not a success, and `SecretSyncError` `Unavailable` | `Timeout` |
 * `InvalidResponse` | `Unauthenticated` | `Cancelled` when there was no usable answer. A GET is repeated once after a
 * broken connection and a few times after 429; a write never is.
 */
export class KubeClient implements AsyncDisposable {
  readonly #transport: KubeTransport
  readonly #source: KubeCredentialSource

  constructor(options: KubeClientOptions) {
    this.#source = options.credentials
    this.#transport = new KubeTransport({
      connections: 16,
      maxStreams: 256,
      timeoutMs: 30_000,
      maxBodyBytes: 32 * 1024 * 1024,
      credentialsMaxAgeMs: 60_000,
      maxThrottleRetries: 3,
      userAgent: USER_AGENT,
      clock: systemClock,
      ...options,
    })
  }

  /**
   * A client with the credentials of a kubeconfig or of the pod it runs in. Opens no connection yet.
   * @throws SecretSyncError `InvalidSpec` | `Unauthenticated` when there are none
   */
  static async fromKubeConfig(options: KubeConfigOptions = {}): Promise<KubeClient> {
    const { kubeconfigPath, context, inCluster, ...rest } = options
    const choice = {
      ...(kubeconfigPath === undefined ? {} : { kubeconfigPath }),
      ...(context === undefined ? {} : { context }),
      ...(inCluster === undefined ? {} : { inCluster }),
    }
    return new KubeClient({ ...rest, credentials: await credentialSource(choice) })
  }

  /** Namespace of the context or of the pod. */
  get namespace(): string | undefined {
    return this.#source.namespace
  }

  /** Where the credentials come from, for people. */
  get description(): string {
    return this.#source.description
  }

  /** Any call. */
  request<T>(request: KubeRequest): Promise<KubeResponse<T>> {
    return this.#transport.request<T>(request)
  }

  /**
   * Opens a watch, or any other endless answer.
   * @returns its chunks as they come; ending the iteration or aborting the signal closes the connection
   */
  stream(request: KubeStreamRequest): Promise<AsyncIterable<Uint8Array>> {
    return this.#transport.stream(request)
  }

  /** One object. */
  async get<T = KubeObject>(path: string, options: KubeCallOptions): Promise<T> {
    return (await this.request<T>({ ...options, method: 'GET', path })).body
  }

  /** One page of a collection: `query.limit` says how many, `query.continue` which. */
  async list<T = KubeObject>(path: string, options: KubeCallOptions): Promise<KubeList<T>> {
    return (await this.request<KubeList<T>>({ ...options, method: 'GET', path })).body
  }

  /** POSTs to a collection, as field manager `ack-secret-manager`. An existing name is answered 409 `AlreadyExists`. */
  async create<T = KubeObject>(collectionPath: string, object: unknown, options: KubeCallOptions): Promise<T> {
    const query = { fieldManager: FIELD_MANAGER, ...options.query }
    return (await this.request<T>({ ...options, query, method: 'POST', path: collectionPath, body: object })).body
  }

  /** Replaces an object; its `metadata.resourceVersion` is the precondition. */
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

  /** Deletes an object. An absent one is answered 404, one that does not meet the preconditions 409. */
  async delete(path: string, options: KubeDeleteOptions): Promise<void> {
    const { preconditions, propagationPolicy, dryRun = false, ...call } = options
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      // In the body: beside one, a `dryRun` of the query counts for nothing and the object is deleted.
      ...(dryRun ? { dryRun: ['All'] } : {}),
      ...(preconditions === undefined ? {} : { preconditions }),
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    }
    await this.request({ ...call, method: 'DELETE', path, body })
  }

  /** Closes all connections. Calls and watches under way fail with `Cancelled`. */
  close(): Promise<void> {
    return this.#transport.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
