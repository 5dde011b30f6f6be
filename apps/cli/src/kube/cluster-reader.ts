import { isSecretSyncError } from '@ack-secret-manager/core'
import {
  ACCEPT_METADATA,
  ACCEPT_METADATA_LIST,
  isKubeApiError,
  type KubeClient,
  type KubeObject,
  listPages,
} from '@ack-secret-manager/k8s-client'
import { missingCrds, readObject, withKubeErrors } from '../sync/cluster/kube-errors.ts'
import { forbiddenText } from './forbidden-text.ts'

/** Default of {@link ClusterReaderOptions.maxObjects}. */
const MAX_OBJECTS = 50_000

/** Which objects to list, and which part of them. */
export interface ListOptions {
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string
  /** Only `metadata`, which has no content of a Secret. */
  readonly metadataOnly?: boolean
}

/** Options of {@link ClusterReader}. */
export interface ClusterReaderOptions {
  readonly client: KubeClient
  readonly signal: AbortSignal
  /** Objects of one list; the rest is left out, with a note. @default 50_000 */
  readonly maxObjects?: number
}

/** Reads a cluster with the permissions of a user. Objects that the user may not see are left out, with a note. */
export class ClusterReader {
  readonly client: KubeClient
  readonly signal: AbortSignal
  readonly #maxObjects: number
  readonly #notes = new Set<string>()
  readonly #forbidden = new Set<string>()

  constructor({ client, signal, maxObjects = MAX_OBJECTS }: ClusterReaderOptions) {
    this.client = client
    this.#maxObjects = maxObjects
    this.signal = signal
  }

  /** What is left out, and why: one note for all that the user may not read. */
  get notes(): readonly string[] {
    const forbidden = this.#forbidden.size === 0 ? [] : [forbiddenText([...this.#forbidden])]
    return [...this.#notes, ...forbidden]
  }

  /** The notes since the last call. */
  takeNotes(): readonly string[] {
    const notes = this.notes
    this.#notes.clear()
    this.#forbidden.clear()
    return notes
  }

  note(text: string): void {
    this.#notes.add(text)
  }

  /** What is left out, because the user may not read it. */
  noteForbidden(what: string): void {
    this.#forbidden.add(what)
  }

  /** @param what the objects, for messages @throws SecretSyncError `AccessDenied` | `NotFound` | `Unavailable` … */
  async list(path: string, what: string, options: ListOptions = {}): Promise<readonly KubeObject[]> {
    const { metadataOnly = false, labelSelector, fieldSelector } = options
    const { client, signal } = this
    const accept = metadataOnly ? { accept: ACCEPT_METADATA_LIST } : {}
    const max = this.#maxObjects
    const objects: KubeObject[] = []
    await withKubeErrors(what, async () => {
      for await (const page of listPages(path, {
        client,
        signal,
        query: { labelSelector, fieldSelector },
        ...accept,
      })) {
        objects.push(...page.items)
        if (objects.length <= max) continue
        this.note(`only the first ${max} are shown; select some with -n or -l: ${what}`)
        break
      }
    })
    return objects.slice(0, max)
  }

  /** As {@link list}; none, with a note, if the user may not list them. None if the cluster does not have the API. */
  async listIfAllowed(path: string, what: string, options: ListOptions = {}): Promise<readonly KubeObject[]> {
    const objects = await this.listUnlessForbidden(path, what, options)
    if (objects === undefined) this.noteForbidden(what)
    return objects ?? []
  }

  /** As {@link listIfAllowed}, but undefined, without a note, if the user may not list them. */
  async listUnlessForbidden(
    path: string,
    what: string,
    options: ListOptions = {},
  ): Promise<readonly KubeObject[] | undefined> {
    return unlessForbidden(async () => (await unlessNotFound(() => this.list(path, what, options))) ?? [])
  }

  /** @throws SecretSyncError `AccessDenied` | `NotFound` | `Unavailable` … */
  async get(
    path: string,
    what: string,
    { metadataOnly = false }: Pick<ListOptions, 'metadataOnly'> = {},
  ): Promise<KubeObject> {
    const accept = metadataOnly ? { accept: ACCEPT_METADATA } : {}
    return readObject(this.client, { path, what, signal: this.signal, ...accept })
  }

  /** As {@link get}; undefined if it does not exist, and with a note if the user may not read it. */
  async getIfAllowed(
    path: string,
    what: string,
    options: Pick<ListOptions, 'metadataOnly'> = {},
  ): Promise<KubeObject | undefined> {
    const found = await unlessForbidden(async () => ({
      object: await unlessNotFound(() => this.get(path, what, options)),
    }))
    if (found === undefined) this.noteForbidden(what)
    return found?.object
  }

  /** Text of a path that is no object, such as metrics through the proxy of a Pod. @throws as {@link get} */
  async text(path: string, what: string, timeoutMs: number): Promise<string> {
    const { signal } = this
    return withKubeErrors(what, () => this.client.get<string>(path, { signal, timeoutMs, accept: 'text/plain' }))
  }
}

async function unlessForbidden<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

async function unlessNotFound<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isSecretSyncError(error) && error.code === 'NotFound') return undefined
    throw error
  }
}

/** Whether a user lacks a permission. A 401 does not count, because no permission and no other namespace helps. */
export function isForbidden(error: unknown): boolean {
  if (!isSecretSyncError(error)) return isKubeApiError(error, 403)
  return error.code === 'AccessDenied' && error.facts.httpStatus !== 401
}

/** The error for resources of this API group that the API server does not know. */
export function crdsMissing(error: unknown): unknown {
  if (!isSecretSyncError(error) || error.code !== 'NotFound') return error
  return missingCrds()
}
