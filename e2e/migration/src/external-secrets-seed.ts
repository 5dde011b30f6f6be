import type { Seed } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { textSecrets } from '@ack-secret-manager/testenv'

/** Bytes that are not text in any encoding. */
export const BINARY = Buffer.from([0, 255, 254, 10, 13, 128, 0])
export const TOKEN = `${canary('token')}\nsecond line`
/** Value of a secret with the tag `team=shop`. */
export const MAIL = canary('mail')
/** AccessKey that may list all secrets, and read those below `app/` and `shop/`. */
export const KEY = { id: 'LTAI5tCliTest', secret: canary('migration-key') }

/** What KMS holds for the manifests, and these texts. */
export function migrationSeed(texts: Readonly<Record<string, string>> = {}): Seed {
  return {
    accessKeys: [
      {
        ...KEY,
        allow: [
          { actions: ['kms:GetSecretValue'], resources: ['app/*', 'shop/*'] },
          { actions: ['kms:ListSecrets'], resources: ['*'] },
        ],
      },
    ],
    secrets: [
      ...textSecrets({ 'app/token': TOKEN, ...texts }),
      { name: 'shop/mail', tags: { team: 'shop' }, versions: [{ id: 'v1', data: MAIL }] },
      { name: 'app/keystore', dataType: 'binary', versions: [{ id: 'v7', dataBase64: BINARY.toString('base64') }] },
    ],
  }
}
