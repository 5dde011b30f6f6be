import { SecretSyncError, type StoreQuery } from '@ack-secret-manager/core'
import { inNamespace, type KubeClient } from '@ack-secret-manager/k8s-client'
import {
  API_VERSION,
  GROUP,
  parseExternalSecret,
  type PushSecretResource,
  VERSION,
} from '@ack-secret-manager/resources'
import { findLoop, type LoopRead, readsInto } from '../../push/find-loop.ts'
import { kubeRequestError } from '../shared/kube-request-error.ts'
import type { CachedPushSecret } from './cached-push-secret.ts'

export interface LoopCheckOptions {
  readonly client: Pick<KubeClient, 'list'>
  /** Quota domain of a read, which tells service, region and account as far as the store does. */
  readonly domainOf: (query: StoreQuery) => string
  /** Whether an ExternalSecret writes the Secret, by its metadata. */
  readonly isManaged: (secret: string) => boolean
}

const EXTERNAL_SECRETS = `/apis/${GROUP}/${VERSION}/externalsecrets`
const PAGE_SIZE = 500

/** Finds ExternalSecrets that would read what a PushSecret writes into the same Secret. */
export class LoopCheck {
  readonly #options: LoopCheckOptions

  constructor(options: LoopCheckOptions) {
    this.#options = options
  }

  /**
   * Lists the ExternalSecrets of the namespace only if the operator writes the Secret. An ExternalSecret that is created later writes it
   * first, and its change is checked.
   * @returns why a KMS secret must not be pushed, by its name
   */
  async check(
    { namespace }: CachedPushSecret,
    { spec }: PushSecretResource,
    signal: AbortSignal,
  ): Promise<(name: string) => SecretSyncError | undefined> {
    const { domainOf, isManaged } = this.#options
    const secret = spec.selector.name
    if (!isManaged(`${namespace}/${secret}`)) return () => undefined
    const reads = await this.#reads(namespace, secret, signal)
    const domain = domainOf({ namespace, ref: spec.secretStoreRef })
    return (name) => {
      const loop = findLoop({ name, domain }, reads)
      return loop && looped(name, secret, loop)
    }
  }

  async #reads(namespace: string, secret: string, signal: AbortSignal): Promise<readonly LoopRead[]> {
    const { client, domainOf } = this.#options
    const reads: LoopRead[] = []
    let next: string | undefined
    do {
      const query = { limit: String(PAGE_SIZE), ...(next === undefined ? {} : { continue: next }) }
      try {
        // oxlint-disable-next-line no-await-in-loop -- the next page needs the token of this one
        const page = await client.list(inNamespace(EXTERNAL_SECRETS, namespace), { query, signal })
        for (const raw of page.items) {
          const parsed = parseExternalSecret(
            { ...raw, apiVersion: API_VERSION, kind: 'ExternalSecret' },
            { unknownFields: 'ignore' },
          )
          if (!parsed.ok) continue
          const { name } = parsed.resource.metadata
          const { provider } = parsed.resource.spec
          for (const { key, secretStoreRef: ref, kmsEndpoint } of readsInto(secret, parsed.resource)) {
            const domain = domainOf({ namespace, ref, kmsEndpoint, ...(ref === undefined ? { provider } : {}) })
            reads.push({ externalSecret: name, key, domain })
          }
        }
        next = page.metadata.continue || undefined
      } catch (error) {
        throw kubeRequestError(error, `listing the ExternalSecrets of namespace ${namespace}`)
      }
    } while (next !== undefined)
    return reads
  }
}

function looped(name: string, secret: string, { externalSecret }: LoopRead): SecretSyncError {
  const what = `KMS secret ${JSON.stringify(name)}: ExternalSecret ${externalSecret} writes Secret ${secret} from it`
  return new SecretSyncError('InvalidSpec', `${what}, so a push would cause the next one; choose another key`)
}
