import type { ApiRequest } from '@ack-secret-manager/control-plane'
import type { Seed } from '@ack-secret-manager/kms-simulator'

export const ACCOUNT = '1234567890123456'
export const AUDIENCE = 'sts.aliyuncs.com'
export const READ = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }]

export const roleArn = (name: string, account: string = ACCOUNT): string => `acs:ram::${account}:role/${name}`
/** Spec of a store that reads with the AccessKey in a Secret, `namespace` for a ClusterSecretStore. */
export function accessKeyStore(name: string, namespace?: string, more: object = {}): object {
  const ref = (key: string): object => ({ name, key, ...(namespace === undefined ? {} : { namespace }) })
  return { KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') }, ...more } }
}
/** Spec of a store that assumes a role with a ServiceAccount token. */
export const rrsa = (auth: object): object => ({ KMS: { KMSAuth: { oidcProviderARN: providerArn('ack'), ...auth } } })

/** ARN of an identity provider that a seed creates for the cluster. */
export function providerArn(name: string): string {
  return `acs:ram::${ACCOUNT}:oidc-provider/${name}`
}

/** OIDC issuer of the cluster, for a seed that trusts its ServiceAccounts. */
export interface ClusterIssuer {
  readonly issuer: string
  readonly jwks: NonNullable<NonNullable<Seed['oidcProviders']>[number]['jwks']>
}

export async function clusterIssuer(request: ApiRequest): Promise<ClusterIssuer> {
  const discovery = await request<{ issuer: string }>('GET', '/.well-known/openid-configuration')
  // The media type application/jwk-set+json is returned as text.
  const jwks = await request<string>('GET', '/openid/v1/jwks')
  return { issuer: discovery.body.issuer, jwks: JSON.parse(jwks.body) as ClusterIssuer['jwks'] }
}

/** Trust of a role in a ServiceAccount. */
export function trustOf({ issuer }: ClusterIssuer, namespace: string, account: string, audience: string = AUDIENCE) {
  return { oidc: { issuer, audience, subject: `system:serviceaccount:${namespace}:${account}` } }
}

/** Identity provider of the cluster. */
export function providerOf({ issuer, jwks }: ClusterIssuer, name: string = 'ack') {
  return { arn: providerArn(name), issuer, jwks }
}

/** Secrets of KMS with one version each, by name. */
export function textSecrets(texts: Readonly<Record<string, string>>) {
  return Object.entries(texts).map(([name, data]) => ({ name, versions: [{ id: 'v1', data }] }))
}
