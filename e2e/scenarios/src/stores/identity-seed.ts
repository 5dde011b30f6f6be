import type { Seed } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { ACCOUNT, AUDIENCE, type ClusterIssuer, providerArn } from '@ack-secret-manager/testenv'

export const PARTNER = '9876543210987654'
export const SECRETS = 50
/** Stores with an AccessKey in a Secret, and the first key of the Secret. */
export const KEYS = {
  'access-key': 'LTAI5tPlain',
  'assume-role': 'LTAI5tAssume',
  'instance-ram': 'LTAI5tInstance',
  oos: 'LTAI5tOos',
  shared: 'LTAI5tShared',
} as const
export const READ = [{ actions: ['kms:GetSecretValue', 'oos:GetSecretParameter'], resources: ['*'] }]
export const ASSUME = [{ actions: ['sts:AssumeRole'], resources: ['*'] }]
export const role = (name: string, account = ACCOUNT): string => `acs:ram::${account}:role/${name}`
export const nameOf = (index: number): string => String(index).padStart(2, '0')
export const valueOf = (index: number, revision: number): string =>
  canary(`value-${nameOf(index)}-of-revision-${revision}`)
export const secretOf = (id: string): string => canary(`secret-of-${id.toLowerCase()}`)
export const indices = Array.from({ length: SECRETS }, (_, index) => index)

export function trustOf({ issuer }: ClusterIssuer, namespace: string, account: string, audience = AUDIENCE) {
  return { oidc: { issuer, audience, subject: `system:serviceaccount:${namespace}:${account}` } }
}

export function seedOf(issuer: ClusterIssuer, namespace: string): Seed {
  return {
    account: ACCOUNT,
    accessKeys: Object.entries(KEYS).map(([store, id]) => ({
      id,
      secret: secretOf(id),
      allow: store === 'assume-role' ? ASSUME : READ,
    })),
    roles: [
      { name: 'node', trust: { ecs: true }, allow: READ },
      { name: 'operator', trust: trustOf(issuer, namespace, 'operator'), allow: READ },
      { name: 'shop', trust: trustOf(issuer, namespace, 'shop'), allow: READ },
      { name: 'reader', trust: { accessKeys: ['LTAI5tAssume*'] }, allow: ASSUME },
      { name: 'shared', account: PARTNER, trust: { roles: [role('reader')] }, allow: READ },
    ],
    oidcProviders: ['operators', 'workloads'].map((name) => ({
      arn: providerArn(name),
      issuer: issuer.issuer,
      jwks: issuer.jwks,
    })),
    metadata: { role: 'node' },
    instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.first', password: canary('password-first') }] }],
    secrets: indices.map((index) => ({
      name: `shop-${nameOf(index)}`,
      versions: [{ id: 'v1', data: valueOf(index, 0) }],
    })),
    parameters: indices.map((index) => ({ name: `shop-${nameOf(index)}`, value: valueOf(index, 0) })),
  }
}
