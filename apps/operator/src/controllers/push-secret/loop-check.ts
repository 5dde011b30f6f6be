import { SecretSyncError, type StoreQuery } from '@ack-secret-manager/core'
import { type KubeClient, type KubeObject, type KubeQuery, listPages } from '@ack-secret-manager/k8s-client'
import { API_VERSION, parseExternalSecret, type PushSecretResource, resourcesPath } from '@ack-secret-manager/resources'
import { splitKey } from '@ack-secret-manager/sync-engine'
import { findLoop, type LoopRead, readsInto } from '../../push/find-loop.ts'
import { kubeRequestError } from '../shared/kube-request-error.ts'
import type { CachedPushSecret } from './cached-push-secret.ts'

export interface LoopCheckOptions {
  readonly client: Pick<KubeClient, 'list'>
  /** Quota domain of a read: service, region and account, as far as the store names them. */
  readonly domainOf: (query: StoreQuery) => string
  /** Keys of the ExternalSecrets that have this Secret as their target, from a watch that may be late. */
  readonly writersOf: (secret: string) => readonly string[]
}

/** With more writers of one Secret, the whole namespace is listed, because that takes fewer calls. */
const MAX_SINGLE = 4

/** Finds ExternalSecrets that would write a pushed value back into the Secret it came from. */
export class LoopCheck {
  readonly #options: LoopCheckOptions

  constructor(options: LoopCheckOptions) {
    this.#options = options
  }

  /**
   * Checks a Secret that the operator manages.
   * @param recorded ExternalSecrets that have written the Secret, from the same read as its data, because the watch may be late
   * @returns a function that gives, by name, the reason why a KMS secret must not be pushed
   */
  async check(
    { namespace }: CachedPushSecret,
    { spec }: PushSecretResource,
    recorded: readonly string[],
    signal: AbortSignal,
  ): Promise<(name: string) => SecretSyncError | undefined> {
    const { domainOf, writersOf } = this.#options
    const secret = spec.selector.name
    const watched = writersOf(`${namespace}/${secret}`).map((key) => splitKey(key)[1])
    const writers = [...new Set([...recorded, ...watched])]
    const reads = await this.#reads(namespace, secret, writers, signal)
    const domain = domainOf({ namespace, ref: spec.secretStoreRef })
    return (name) => {
      const loop = findLoop({ name, domain }, reads)
      return loop && looped(name, secret, loop)
    }
  }

  async #reads(
    namespace: string,
    secret: string,
    writers: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly LoopRead[]> {
    try {
      const found =
        writers.length > MAX_SINGLE
          ? await this.#list(namespace, signal)
          : await this.#getAll(namespace, writers, signal)
      return found.flatMap((raw) => this.#readsOf(raw, namespace, secret))
    } catch (error) {
      throw kubeRequestError(error, `reading the ExternalSecrets of namespace ${namespace}`)
    }
  }

  /** Uses lists with a field selector, because they need no permission beyond those of the watch. */
  async #getAll(namespace: string, writers: readonly string[], signal: AbortSignal): Promise<readonly KubeObject[]> {
    const found = writers.map((name) => this.#list(namespace, signal, { fieldSelector: `metadata.name=${name}` }))
    return (await Promise.all(found)).flat()
  }

  async #list(namespace: string, signal: AbortSignal, query: KubeQuery = {}): Promise<readonly KubeObject[]> {
    const { client } = this.#options
    const pages = await Array.fromAsync(
      listPages(resourcesPath('ExternalSecret', namespace), { client, query, signal }),
    )
    return pages.flatMap(({ items }) => items)
  }

  #readsOf(raw: KubeObject, namespace: string, secret: string): readonly LoopRead[] {
    // First the name, because parsing the specs of thousands of ExternalSecrets takes seconds.
    if (targetNameOf(raw) !== secret) return []
    const parsed = parseExternalSecret(
      { ...raw, apiVersion: API_VERSION, kind: 'ExternalSecret' },
      { unknownFields: 'ignore' },
    )
    if (!parsed.ok) return []
    const { provider } = parsed.resource.spec
    return readsInto(secret, parsed.resource).map(({ isOf, arnDomain, secretStoreRef: ref, kmsEndpoint }) => ({
      externalSecret: parsed.resource.metadata.name,
      isOf,
      arnDomain,
      domain: this.#options.domainOf({ namespace, ref, kmsEndpoint, ...(ref === undefined ? { provider } : {}) }),
    }))
  }
}

/** An empty name is the same as none. */
function targetNameOf({ metadata, spec }: KubeObject): unknown {
  const { target } = (spec ?? {}) as { readonly target?: { readonly name?: unknown } | null }
  return target?.name || metadata.name
}

function looped(name: string, secret: string, { externalSecret }: LoopRead): SecretSyncError {
  const what = `KMS secret ${JSON.stringify(name)}: ExternalSecret ${externalSecret} writes Secret ${secret} from it`
  return new SecretSyncError('InvalidSpec', `${what}, so a push would cause the next one; choose another key`)
}
