import { checkLimits, SecretSyncError } from '@ack-secret-manager/core'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeList } from '../client/kube-object.ts'
import type { KubeCallOptions } from '../client/kube-request.ts'
import { PageLimit } from './page-limit.ts'
import { isResponseTooLarge } from '../client/response-too-large-error.ts'
import { checkList } from './decode-event.ts'

/**
 * Largest body of a page with several objects, because a parsed body takes several times its size in memory. A page of one object
 * may reach the limit of the client.
 */
const MAX_PAGE_BYTES = 8 * 1024 * 1024

export interface ListPagesOptions extends Omit<KubeCallOptions, 'maxBodyBytes'> {
  readonly client: Pick<KubeClient, 'list'>
  /** Maximum number of objects of a page. @default 500 */
  readonly pageSize?: number
}

/**
 * Reads all pages of a collection in order. A page that is too large is requested again from the same continue token with half
 * as many objects, down to one.
 * @throws KubeApiError `410` if the token has expired; SecretSyncError `InvalidResponse` if a page leads to itself; otherwise as
 * `KubeClient.list`; RangeError for an invalid `pageSize`
 */
export async function* listPages(path: string, options: ListPagesOptions): AsyncGenerator<KubeList, void, void> {
  const { client, query, pageSize = 500, ...call } = options
  checkLimits({ pageSize })
  const limit = new PageLimit(pageSize)
  let token: string | undefined
  do {
    const page = await pageFrom(token)
    limit.fits()
    yield page
    if (token !== undefined && page.metadata.continue === token)
      throw new SecretSyncError('InvalidResponse', `${path}: a page of the list leads to itself`)
    token = page.metadata.continue
  } while (token !== undefined && token !== '')

  async function pageFrom(from: string | undefined): Promise<KubeList> {
    for (;;) {
      const { objects } = limit
      const request = { ...call, query: { ...query, limit: objects, continue: from } }
      try {
        return checkList(
          await client.list(path, objects === 1 ? request : { ...request, maxBodyBytes: MAX_PAGE_BYTES }),
        )
      } catch (error) {
        if (!isResponseTooLarge(error) || !limit.halve()) throw error
      }
    }
  }
}
