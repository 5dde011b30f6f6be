import type { Seed } from '@ack-secret-manager/kms-simulator'
import { type ClusterIssuer, providerOf, READ, textSecrets, trustOf } from '@ack-secret-manager/testenv'
import { BadInputCase } from './bad-input-case.ts'
import { KEY, OWN, PASSWORD, VALUE } from './bad-input-parts.ts'

/** Seed of the simulator for this number of rows. */
export function seedOf(issuer: ClusterIssuer, namespace: string, rows: number): Seed {
  return {
    accessKeys: [
      { ...KEY, allow: [...READ, { actions: ['sts:AssumeRole'], resources: ['*'] }] },
      { ...OWN, allow: [{ actions: ['*'], resources: ['*'] }] },
    ],
    roles: [
      { name: 'node', trust: { ecs: true }, allow: READ },
      { name: 'operator', trust: trustOf(issuer, namespace, 'operator'), allow: READ },
      { name: 'shop', trust: trustOf(issuer, namespace, 'shop'), allow: READ },
      { name: 'reader', trust: { accessKeys: [KEY.id] }, allow: READ },
      { name: 'closed', trust: { accessKeys: ['LTAI5tUnknown'] }, allow: READ },
    ],
    oidcProviders: [providerOf(issuer)],
    metadata: { role: 'node' },
    instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.good', password: PASSWORD }] }],
    parameters: [{ name: 'unused', value: VALUE }],
    secrets: textSecrets(
      Object.fromEntries(Array.from({ length: rows }, (_, index) => [BadInputCase.secretName(index), VALUE])),
    ),
  }
}
