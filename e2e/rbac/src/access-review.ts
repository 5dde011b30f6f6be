import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { until } from '@ack-secret-manager/testenv'

/** A request, with the fields of a SubjectAccessReview. */
export interface ResourceAttributes {
  readonly verb: string
  readonly resource: string
  readonly namespace: string
  readonly subresource?: string
  readonly group?: string
  readonly name?: string
}

/** Resolves when the API server applies the current roles and bindings, because it learns of changes through a watch. */
export async function untilAllowed(
  request: ApiRequest,
  user: string,
  resourceAttributes: ResourceAttributes,
  allowed: boolean = true,
): Promise<void> {
  const { verb, resource } = resourceAttributes
  const where = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, resourceAttributes },
  }
  await until(
    `${user} ${allowed ? 'may' : 'may not'} ${verb} ${resource}`,
    async () =>
      (await request<{ status: { allowed: boolean } }>('POST', where, review)).body.status.allowed === allowed,
  )
}
