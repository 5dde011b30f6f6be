import type { Seed } from '../seed.ts'

/** May read everything. */
export const ADMIN = { id: 'LTAI5tAdmin', secret: 'admin-secret' }

/** May read `app/*` only. */
export const READER = { id: 'LTAI5tReader', secret: 'reader-secret' }

/** A secret of each kind, and two keys. */
export const SEED = {
  account: '1234567890123456',
  region: 'cn-hangzhou',
  accessKeys: [
    { ...ADMIN, allow: [{ actions: ['kms:*'], resources: ['*'] }] },
    { ...READER, allow: [{ actions: ['kms:GetSecretValue'], resources: ['app/*'] }] },
  ],
  secrets: [
    { name: 'app/db', versions: [{ id: 'v1', data: '{"user":"tom"}' }] },
    { name: 'app/key', dataType: 'binary', versions: [{ id: 'v1', dataBase64: 'AAEC/w==' }] },
    {
      name: 'acs/rds/main',
      type: 'Rds',
      versions: [{ id: 'r1', data: '{"AccountName":"app","AccountPassword":"old"}' }],
      rotation: { automatic: true, interval: '168h', next: '2030-01-02T03:04:05Z' },
    },
  ],
} satisfies Seed
