import { SecretSyncError, type TargetRef } from '@ack-secret-manager/core'
import {
  ACCEPT_METADATA,
  ACCEPT_METADATA_LIST,
  inNamespace,
  isKubeApiError,
  type KubeClient,
  type KubeObject,
  listPages,
} from '@ack-secret-manager/k8s-client'
import type { ApiServerOutage } from './api-server-outage.ts'
import { type KnownSecret, knownSecretOf } from '../cache/secret-cache-entry.ts'
import { SECRETS_PATH, SELECTOR } from '../names.ts'
import { type Attempt, writeError } from './write-error.ts'

/** Options of {@link SecretsApi}. */
export interface SecretsApiOptions {
  readonly client: KubeClient
  readonly timeoutMs: number
  readonly pageSize: number
  /** Makes a 403 shortly after an outage an outage too. */
  readonly outage: ApiServerOutage
}

/** The few calls about Secrets that the writer makes. All answers but {@link SecretsApi.getWhole}'s are metadata only. */
export class SecretsApi {
  readonly #options: SecretsApiOptions

  constructor(options: SecretsApiOptions) {
    this.#options = options
  }

  async get(target: TargetRef, signal: AbortSignal): Promise<KnownSecret | undefined> {
    const object = await this.#get(target, ACCEPT_METADATA, signal)
    return object && knownSecretOf(object)
  }

  /** With its values. */
  getWhole(target: TargetRef, signal: AbortSignal): Promise<KubeObject | undefined> {
    return this.#get(target, undefined, signal)
  }

  /** Those that carry our label, page by page. */
  async *list(namespace: string | undefined, signal: AbortSignal): AsyncGenerator<KnownSecret, void, void> {
    const { client, timeoutMs, pageSize } = this.#options
    const path = namespace === undefined ? SECRETS_PATH : inNamespace(SECRETS_PATH, namespace)
    const target = { namespace: namespace ?? '', name: '' }
    const query = { labelSelector: SELECTOR }
    const pages = listPages(path, { client, query, accept: ACCEPT_METADATA_LIST, pageSize, timeoutMs, signal })
    for (;;) {
      const page = await this.#call({ verb: 'list', target }, () => pages.next())
      if (page.done) return
      for (const object of page.value.items) yield knownSecretOf(object)
    }
  }

  /** @param options.dryRun all but the write itself: rights, validation and admission are tried */
  async create(
    target: TargetRef,
    body: object,
    { signal, dryRun = false }: { readonly signal: AbortSignal; readonly dryRun?: boolean },
  ): Promise<KnownSecret> {
    const { client, timeoutMs } = this.#options
    const query = dryRun ? { dryRun: 'All' } : {}
    const options = { accept: ACCEPT_METADATA, query, timeoutMs, signal }
    return this.#call({ verb: 'create', target }, async () =>
      knownSecretOf(await client.create(collectionOf(target), body, options)),
    )
  }

  async patch(target: TargetRef, body: object, signal: AbortSignal): Promise<KnownSecret> {
    const { client, timeoutMs } = this.#options
    return this.#call({ verb: 'patch', target }, async () =>
      knownSecretOf(await client.mergePatch(pathOf(target), body, { accept: ACCEPT_METADATA, timeoutMs, signal })),
    )
  }

  /** @param options.dryRun all but the deletion itself */
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
    const options = { timeoutMs, signal, ...(accept === undefined ? {} : { accept }) }
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
      // An answer with a status may come from a webhook, and a timeout from a slow one.
      if (failure.code === 'Unavailable' && !isKubeApiError(error)) outage.record(failure)
      throw failure
    }
  }
}

/** A name that is no path segment of its own would name something else, such as all Secrets of the namespace. */
function collectionOf({ namespace, name }: TargetRef): string {
  for (const segment of [namespace, name]) {
    if (segment === '' || segment === '.' || segment === '..') {
      throw new SecretSyncError('WriteFailed', `${JSON.stringify(`${namespace}/${name}`)} names no Secret`)
    }
  }
  return inNamespace(SECRETS_PATH, namespace)
}

function pathOf(target: TargetRef): string {
  return `${collectionOf(target)}/${encodeURIComponent(target.name)}`
}
