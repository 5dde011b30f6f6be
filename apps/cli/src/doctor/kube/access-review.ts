import type { KubeClient } from '@ack-secret-manager/k8s-client'

/** One permission, with the fields of a SubjectAccessReview. */
export interface ResourceAttributes {
  readonly verb: string
  readonly resource: string
  /** Empty for the core group. */
  readonly group: string
  readonly subresource?: string
  readonly name?: string
  /** Empty for all namespaces. */
  readonly namespace: string
}

interface Review {
  readonly status: { readonly allowed: boolean }
}

const AUTHORIZATION = '/apis/authorization.k8s.io/v1'

/** Whether the user of the kubeconfig has a permission. Reviews are answered, not stored. @throws KubeApiError */
export async function mayUser(
  client: KubeClient,
  resourceAttributes: ResourceAttributes,
  signal: AbortSignal,
): Promise<boolean> {
  return review(client, 'SelfSubjectAccessReview', { resourceAttributes }, signal)
}

/** Whether a ServiceAccount has a permission. @throws KubeApiError `403` if the user may not ask */
export async function mayServiceAccount(
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  resourceAttributes: ResourceAttributes,
  signal: AbortSignal,
): Promise<boolean> {
  const user = `system:serviceaccount:${namespace}:${name}`
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
  return review(client, 'SubjectAccessReview', { user, groups, resourceAttributes }, signal)
}

async function review(client: KubeClient, kind: string, spec: object, signal: AbortSignal): Promise<boolean> {
  const { body } = await client.request<Review>({
    method: 'POST',
    path: `${AUTHORIZATION}/${kind.toLowerCase()}s`,
    body: { apiVersion: 'authorization.k8s.io/v1', kind, spec },
    signal,
  })
  return body.status.allowed
}

/** `list externalsecrets.alibabacloud.com in namespace shop` */
export function permissionText({ verb, resource, group, subresource, name, namespace }: ResourceAttributes): string {
  const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`
  const where = namespace === '' ? '' : ` in namespace ${namespace}`
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`}${where}`
}
