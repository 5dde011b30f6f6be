import { type Clock, SecretSyncError, Semaphore, TimeShare } from '@ack-secret-manager/core'
import { isKubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'
import type { KubeCallOptions } from '../client/kube-request.ts'
import { ACCEPT_METADATA } from '../client/media-types.ts'
import { inNamespace } from '../client/request-info.ts'
import { isResponseTooLarge } from '../client/response-too-large-error.ts'

/** Names a ConfigMap or Secret. */
export interface ContentReference {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly namespace: string
  readonly name: string
}

export const CONTENT_PATHS = { ConfigMap: '/api/v1/configmaps', Secret: '/api/v1/secrets' } as const

const TIMEOUT_MS = 30_000
/** Whole objects that are read at the same time. Namespaces take turns. */
const MAX_READS = 4
/** Largest response for an object. JSON has up to six bytes for a character of an object, which etcd limits to 1.5 MiB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024
/** Texts of one owner together: as much as one resource may render. */
export const MAX_TEXT_BYTES = 1024 * 1024
/** Time for which a byte of a response blocks the event loop until it is parsed and compared: 5 ms for 1 MiB. */
const MS_PER_BYTE = 5 / (1024 * 1024)
/** Share of the time of the event loop that the objects of a namespace may take in the long run. */
const READ_SHARE = 0.1
/** Time that may be used at once, such as after a start. */
const READ_BURST_MS = 2_000

const FIELD = 'spec.target.template.templateFrom'

export interface ContentReaderOptions {
  readonly client: Pick<KubeClient, 'get'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/**
 * Reads ConfigMaps and Secrets. Connections and memory have a limit in total, and the time of the event loop has one for each
 * namespace, because a tenant chooses number, size and changes of these objects.
 */
export class ContentReader {
  readonly #client: ContentReaderOptions['client']
  readonly #slots = new Semaphore(MAX_READS)
  readonly #time: TimeShare

  constructor({ client, clock }: ContentReaderOptions) {
    this.#client = client
    this.#time = new TimeShare({ clock, share: READ_SHARE, burstMs: READ_BURST_MS })
  }

  /** How long the next read of the namespace should wait, in milliseconds. */
  waitMs(namespace: string): number {
    return this.#time.waitMs(namespace)
  }

  /**
   * Reads the whole object; undefined if it does not exist.
   * @throws KubeApiError | SecretSyncError as `KubeClient.get`; `TemplateError` if the object is too large
   */
  read(object: ContentReference, signal: AbortSignal): Promise<KubeObject | undefined> {
    return this.#slots.run(() => this.#get(object, { signal }), object.namespace)
  }

  /** Reads the metadata like {@link read}. */
  readMetadata(object: ContentReference, signal: AbortSignal): Promise<KubeObject | undefined> {
    return this.#get(object, { signal, accept: ACCEPT_METADATA })
  }

  async #get(
    object: ContentReference,
    call: Pick<KubeCallOptions, 'signal' | 'accept'>,
  ): Promise<KubeObject | undefined> {
    const { kind, namespace, name } = object
    const path = `${inNamespace(CONTENT_PATHS[kind], namespace)}/${encodeURIComponent(name)}`
    const onBodyRead = (bytes: number): void => this.#time.add(namespace, bytes * MS_PER_BYTE)
    const limits = { maxBodyBytes: MAX_BODY_BYTES, onBodyRead, timeoutMs: TIMEOUT_MS }
    try {
      return await this.#client.get(path, { ...call, ...limits })
    } catch (error) {
      if (isKubeApiError(error, 404)) return undefined
      throw isResponseTooLarge(error) ? objectTooLarge(object) : error
    }
  }
}

function objectTooLarge({ kind, namespace, name }: ContentReference): SecretSyncError {
  const what = `${kind} ${namespace}/${name} is larger than ${MAX_BODY_BYTES} bytes as JSON`
  return templateError(`${what}; move its templates to a ${kind} of their own`)
}

/** The error of a reader whose texts, with those of this object, are larger than {@link MAX_TEXT_BYTES}. */
export function textsTooLarge({ kind, namespace, name }: ContentReference): SecretSyncError {
  const what = `with ${kind} ${namespace}/${name} the texts are larger than ${MAX_TEXT_BYTES} bytes`
  return templateError(`${what}; use fewer or shorter templates`)
}

function templateError(why: string): SecretSyncError {
  return new SecretSyncError('TemplateError', `${FIELD}: ${why}`, { facts: { field: FIELD } })
}
