import type { ApiRequest } from '@ack-secret-manager/control-plane'

/** Reference to a ServiceAccount. */
export interface ServiceAccountName {
  readonly namespace: string
  readonly name: string
}

/** Requests a token of a ServiceAccount from the API server. @throws Error if the response contains none */
export async function requestToken(
  request: ApiRequest,
  { namespace, name }: ServiceAccountName,
  spec: { readonly audiences?: readonly string[]; readonly expirationSeconds?: number } = {},
): Promise<string> {
  const { status, body } = await request<{ status: { token: string } }>(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
  )
  if (status !== 201) throw new Error(`token of ServiceAccount ${namespace}/${name}: HTTP ${status}`)
  return body.status.token
}
