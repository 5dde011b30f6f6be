import type { Seed } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { type ClusterIssuer, providerOf, roleArn, textSecrets, trustOf } from '@ack-secret-manager/testenv'

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
export const nameOf = (index: number): string => String(index).padStart(2, '0')
export const valueOf = (index: number, revision: number): string =>
  canary(`value-${nameOf(index)}-of-revision-${revision}`)
export const secretOf = (id: string): string => canary(`secret-of-${id.toLowerCase()}`)
export const indices = Array.from({ length: SECRETS }, (_, index) => index)

export function seedOf(issuer: ClusterIssuer, namespace: string): Seed {
  return {
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
      { name: 'shared', account: PARTNER, trust: { roles: [roleArn('reader')] }, allow: READ },
    ],
    oidcProviders: ['operators', 'workloads'].map((name) => providerOf(issuer, name)),
    metadata: { role: 'node' },
    instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.first', password: canary('password-first') }] }],
    secrets: textSecrets(Object.fromEntries(indices.map((index) => [`shop-${nameOf(index)}`, valueOf(index, 0)]))),
    parameters: indices.map((index) => ({ name: `shop-${nameOf(index)}`, value: valueOf(index, 0) })),
  }
}
