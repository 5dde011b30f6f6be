import { type Clock, remember } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { GROUP } from '@ack-secret-manager/resources'
import type { PatchAccess } from '../../model/permissions.ts'

/** How long an answer holds. The API server checks each change again. */
const HOLDS_MS = 60_000
const MAX_ANSWERS = 1_000
const TIMEOUT_MS = 10_000

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string }
}

/** What the API server says about the rights of the user, by SelfSubjectAccessReviews. */
export class AccessReviews {
  readonly #client: KubeClient
  readonly #clock: Clock
  readonly #answers = new Map<string, { readonly access: PatchAccess; readonly untilMs: number }>()

  constructor({ client, clock }: { readonly client: KubeClient; readonly clock: Clock }) {
    this.#client = client
    this.#clock = clock
  }

  /** Whether the user may patch an ExternalSecret. A failed review is not kept. */
  async canPatch(
    { namespace, name }: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<PatchAccess> {
    const key = `${namespace}/${name}`
    const nowMs = this.#clock.monotonic()
    const known = this.#answers.get(key)
    if (known !== undefined && known.untilMs > nowMs) return known.access
    this.#answers.delete(key)
    const access = await this.#review(namespace, name, signal)
    if (access.isAllowed === 'unknown') return access
    remember(this.#answers, key, { access, untilMs: nowMs + HOLDS_MS }, MAX_ANSWERS)
    return access
  }

  async #review(namespace: string, name: string, signal: AbortSignal): Promise<PatchAccess> {
    const resource = 'externalsecrets'
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { group: GROUP, resource, verb: 'patch', namespace, name } },
    }
    try {
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
      const response = await this.#client.request<Review>({ method: 'POST', path, body, timeoutMs: TIMEOUT_MS, signal })
      if (response.body.status?.allowed === true) return { isAllowed: true }
      return { isAllowed: false, why: `you may not patch ${resource}.${GROUP} in namespace ${namespace}` }
    } catch (error) {
      const status = isKubeApiError(error) ? ` (${error.status})` : ''
      return { isAllowed: 'unknown', why: `the API server did not say whether you may patch it${status}` }
    }
  }
}
