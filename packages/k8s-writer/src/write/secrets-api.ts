import { defined, SecretSyncError, type TargetRef } from '@ack-secret-manager/core'
import {
  ACCEPT_METADATA,
  ACCEPT_METADATA_LIST,
  inNamespace,
  isKubeApiError,
  type KubeClient,
  type KubeObject,
  listPages,
} from '@ack-secret-manager/k8s-client'
import { MANAGED_BY_LABEL, MANAGED_BY_VALUE } from '@ack-secret-manager/resources'
import type { ApiServerOutage } from './api-server-outage.ts'
import { type SecretCacheEntry, cacheEntryOf } from '../cache/secret-cache-entry.ts'
import { jsonBody, type PostedSecret, type SecretPatch } from '../replacement/posted-secret.ts'
import type { StoredSecret } from './stored-secret.ts'
import { type Attempt, writeError } from './write-error.ts'

export const SECRETS_PATH = '/api/v1/secrets'

/** Selects the managed Secrets. */
export const SELECTOR = `${MANAGED_BY_LABEL}=${MANAGED_BY_VALUE}`

export interface SecretsApiOptions {
  readonly client: KubeClient
  readonly timeoutMs: number
  readonly pageSize: number
  /** Turns a 403 shortly after an outage into `Unavailable`. */
  readonly outage: ApiServerOutage
}

/**
 * Calls of the writer about Secrets. Reads are metadata-only, except for {@link SecretsApi.getWhole}. The response to a write has the
 * values, because only they show what admission has changed.
 */
export class SecretsApi {
  readonly #options: SecretsApiOptions

  constructor(options: SecretsApiOptions) {
    this.#options = options
  }

  async get(target: TargetRef, signal: AbortSignal): Promise<SecretCacheEntry | undefined> {
    const object = await this.#get(target, ACCEPT_METADATA, signal)
    return object && cacheEntryOf(object)
  }

  /** Reads a Secret with its values. */
  getWhole(target: TargetRef, signal: AbortSignal): Promise<KubeObject | undefined> {
    return this.#get(target, undefined, signal)
  }

  /** Lists the managed Secrets. */
  async *list(namespace: string | undefined, signal: AbortSignal): AsyncGenerator<SecretCacheEntry, void, void> {
    const { client, timeoutMs, pageSize } = this.#options
    const path = namespace === undefined ? SECRETS_PATH : inNamespace(SECRETS_PATH, namespace)
    const target = { namespace: namespace ?? '', name: '' }
    const query = { labelSelector: SELECTOR }
    const pages = listPages(path, { client, query, accept: ACCEPT_METADATA_LIST, pageSize, timeoutMs, signal })
    for (;;) {
      const page = await this.#call({ verb: 'list', target }, () => pages.next())
      if (page.done) return
      for (const object of page.value.items) yield cacheEntryOf(object)
    }
  }

  /** @param options.dryRun check permissions, validation and admission without writing */
  async create(
    target: TargetRef,
    body: PostedSecret,
    { signal, dryRun = false }: { readonly signal: AbortSignal; readonly dryRun?: boolean },
  ): Promise<StoredSecret> {
    const { client, timeoutMs } = this.#options
    const query = dryRun ? { dryRun: 'All' } : {}
    return this.#call({ verb: 'create', target }, async () =>
      storedSecret(await client.create(collectionOf(target), jsonBody(body), { query, timeoutMs, signal })),
    )
  }

  async patch(target: TargetRef, body: SecretPatch, signal: AbortSignal): Promise<StoredSecret> {
    const { client, timeoutMs } = this.#options
    return this.#call({ verb: 'patch', target }, async () =>
      storedSecret(await client.mergePatch(pathOf(target), jsonBody(body), { timeoutMs, signal })),
    )
  }

  /** @param options.dryRun check permissions, preconditions and admission without deleting */
  async delete(
    target: TargetRef,
    preconditions: { readonly uid: string; readonly resourceVersion?: string },
    { signal, dryRun = false }: { readonly signal: AbortSignal; readonly dryRun?: boolean },
  ): Promise<void> {
    const { client, timeoutMs } = this.#options
    const options = { preconditions, propagationPolicy: 'Background', dryRun, timeoutMs, signal } as const
    await this.#call({ verb: 'delete', target }, () => client.delete(pathOf(target), options))
  }

  #get(target: TargetRef, accept: string | undefined, signal: AbortSignal): Promise<KubeObject | undefined> {
    const { client, timeoutMs } = this.#options
    const options = { timeoutMs, signal, ...defined({ accept }) }
    return this.#call({ verb: 'get', target }, async () => {
      try {
        return await client.get(pathOf(target), options)
      } catch (error) {
        if (isKubeApiError(error, 404)) return undefined
        throw error
      }
    })
  }

  async #call<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
    const { outage } = this.#options
    try {
      return await work()
    } catch (error) {
      const failure = writeError(error, { ...attempt, afterOutage: outage.isRecent })
      // A response with a status can come from a webhook, and a timeout from a slow webhook.
      if (failure.code === 'Unavailable' && !isKubeApiError(error)) outage.record(failure)
      throw failure
    }
  }
}

function storedSecret(object: KubeObject): StoredSecret {
  return { entry: cacheEntryOf(object), object }
}

/** A name that is not a path segment would address another resource, such as all Secrets of the namespace. */
function collectionOf({ namespace, name }: TargetRef): string {
  for (const segment of [namespace, name]) {
    if (segment === '' || segment === '.' || segment === '..') {
      throw new SecretSyncError('WriteFailed', `${JSON.stringify(`${namespace}/${name}`)} is not a valid Secret name`)
    }
  }
  return inNamespace(SECRETS_PATH, namespace)
}

export function pathOf(target: TargetRef): string {
  return `${collectionOf(target)}/${encodeURIComponent(target.name)}`
}
