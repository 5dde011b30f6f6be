import type { Seed } from '@ack-secret-manager/kms-simulator'
import { ACCOUNT, AUDIENCE, type ClusterIssuer, providerArn, READ } from '@ack-secret-manager/testenv'
import { BadInputCase } from './bad-input-case.ts'
import { KEY, OWN, PASSWORD, VALUE } from './bad-input-parts.ts'

/** Seed of the simulator for this number of rows. */
export function seedOf(issuer: ClusterIssuer, namespace: string, rows: number): Seed {
  const trusts = (account: string) => ({
    oidc: { issuer: issuer.issuer, audience: AUDIENCE, subject: `system:serviceaccount:${namespace}:${account}` },
  })
  return {
    account: ACCOUNT,
    accessKeys: [
      { ...KEY, allow: [...READ, { actions: ['sts:AssumeRole'], resources: ['*'] }] },
      { ...OWN, allow: [{ actions: ['*'], resources: ['*'] }] },
    ],
    roles: [
      { name: 'node', trust: { ecs: true }, allow: READ },
      { name: 'operator', trust: trusts('operator'), allow: READ },
      { name: 'shop', trust: trusts('shop'), allow: READ },
      { name: 'reader', trust: { accessKeys: [KEY.id] }, allow: READ },
      { name: 'closed', trust: { accessKeys: ['LTAI5tUnknown'] }, allow: READ },
    ],
    oidcProviders: [{ arn: providerArn('ack'), issuer: issuer.issuer, jwks: issuer.jwks }],
    metadata: { role: 'node' },
    instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.good', password: PASSWORD }] }],
    parameters: [{ name: 'unused', value: VALUE }],
    secrets: Array.from({ length: rows }, (_, index) => ({
      name: BadInputCase.secretName(index),
      versions: [{ id: 'v1', data: VALUE }],
    })),
  }
}
