import type { KubeClient } from '../client/kube-client.ts'
import type { KubeList } from '../client/kube-object.ts'
import type { KubeCallOptions } from '../client/kube-request.ts'
import { PageLimit } from './page-limit.ts'
import { isResponseTooLarge } from '../client/response-too-large-error.ts'
import { checkList } from './decode-event.ts'

/**
 * Largest body of a page with several objects. Parsed, it takes several times as much memory; a page of one object may be as
 * large as the client's limit.
 */
const MAX_PAGE_BYTES = 8 * 1024 * 1024

/** Options of {@link listPages}. */
export interface ListPagesOptions extends Omit<KubeCallOptions, 'maxBodyBytes'> {
  readonly client: Pick<KubeClient, 'list'>
  /** Most objects of a page. @default 500 */
  readonly pageSize?: number
}

/**
 * All pages of a collection, one after the other. A page that is too large is asked for again with half as many objects, from
 * the same continue token, down to one object.
 * @throws KubeApiError `410` when the token has expired; what `KubeClient.list` throws
 */
export async function* listPages(path: string, options: ListPagesOptions): AsyncGenerator<KubeList, void, void> {
  const { client, query, pageSize = 500, ...call } = options
  const limit = new PageLimit(pageSize)
  let token: string | undefined
  do {
    const page = await pageFrom(token)
    limit.fits()
    yield page
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
