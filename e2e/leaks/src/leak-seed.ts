import type { Seed } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { type ClusterIssuer, providerOf, trustOf } from '@ack-secret-manager/testenv'

const WRITE = [{ actions: ['kms:*'], resources: ['*'] }]
const READ = [{ actions: ['kms:GetSecretValue', 'oos:GetSecretParameter', 'sts:AssumeRole'], resources: ['*'] }]

/** Valid AccessKeys, by Secret. */
export const KEYS = {
  plain: { id: 'LTAI5tPlain', secret: canary('plain-key') },
  assuming: { id: 'LTAI5tAssuming', secret: canary('assuming-key') },
  instance: { id: 'LTAI5tInstance', secret: canary('instance-key') },
  oos: { id: 'LTAI5tOos', secret: canary('oos-key') },
  denied: { id: 'LTAI5tDenied', secret: canary('denied-key') },
  pusher: { id: 'LTAI5tPusher', secret: canary('pusher-key') },
} as const

/** One KMS secret of each type. */
export const VALUES: Readonly<Record<string, NonNullable<Seed['secrets']>[number]>> = {
  text: text(canary('text')),
  quoted: text(`"${canary('quoted')}"\n\t<&> \\ ${canary('quoted-end')}`),
  binary: {
    name: '',
    dataType: 'binary',
    versions: [{ id: 'v1', dataBase64: Buffer.from(`\0\u00ff${canary('binary')}\0`, 'latin1').toString('base64') }],
  },
  json: text(JSON.stringify({ user: canary('member-user'), nested: { password: canary('member-password') }, n: 7 })),
  yaml: text(`user: ${canary('yaml-user')}\nlist: [${canary('yaml-item')}]\n`),
  rds: managed('Rds', { AccountName: canary('rds-user'), AccountPassword: canary('rds-password') }),
  ram: managed('RAMCredentials', { AccessKeyId: 'LTAI5tHeld', AccessKeySecret: canary('ram-secret') }),
  ecs: managed('ECS', { UserName: 'root', Password: canary('ecs-password') }),
  polardb: managed('PolarDB', { AccountName: 'app', AccountPassword: canary('polardb-password') }),
  redis: managed('Redis', { AccountName: 'app', AccountPassword: canary('redis-password') }),
  'cut-json': text(`{"password": "${canary('cut-member')}", ${canary('cut-key')}`),
  'cut-yaml': text(`a: [${canary('cut-yaml')}\n  b: {${canary('cut-yaml-key')}`),
  scalar: text(canary('scalar')),
  'odd-keys': text(JSON.stringify({ [`${canary('odd-key')} !`]: canary('odd-member') })),
  number: text('12345678901234567890'),
}

/** Seed of Alibaba Cloud, with a canary in every secret. */
export function leakSeed(issuer: ClusterIssuer, namespace: string): Seed {
  return {
    accessKeys: Object.entries(KEYS).map(([name, key]) => ({
      ...key,
      allow: name === 'denied' ? [] : name === 'pusher' ? WRITE : READ,
    })),
    roles: [
      { name: 'node', trust: { ecs: true }, allow: READ },
      { name: 'operator', trust: trustOf(issuer, namespace, 'operator'), allow: READ },
      { name: 'shop', trust: trustOf(issuer, namespace, 'shop'), allow: READ },
      { name: 'reader', trust: { accessKeys: [KEYS.assuming.id] }, allow: READ },
      { name: 'closed', trust: {}, allow: READ },
    ],
    oidcProviders: [providerOf(issuer)],
    metadata: { role: 'node' },
    instances: [
      {
        id: 'kst-demo',
        // The newer of two encryptions, which more tools support.
        clientKeys: [{ id: 'KAAP.leak', password: canary('client-key-password'), encryption: 'aes' }],
      },
    ],
    secrets: Object.entries(VALUES).map(([name, secret]) => ({ ...secret, name })),
    parameters: [{ name: 'text', value: canary('parameter') }],
  }
}

function text(data: string) {
  return { name: '', versions: [{ id: 'v1', data }] }
}

function managed(type: 'Rds' | 'RAMCredentials' | 'ECS' | 'PolarDB' | 'Redis', data: object) {
  return { ...text(JSON.stringify(data)), type }
}
