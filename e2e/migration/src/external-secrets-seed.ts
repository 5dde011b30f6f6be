import type { Seed } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { textSecrets } from '@ack-secret-manager/testenv'

/** Bytes that are not text in any encoding. */
export const BINARY = Buffer.from([0, 255, 254, 10, 13, 128, 0])
export const TOKEN = `${canary('token')}\nsecond line`
/** AccessKey that may read everything below `app/`. */
export const KEY = { id: 'LTAI5tCliTest', secret: canary('migration-key') }

/** What KMS holds for the manifests, and these texts. */
export function migrationSeed(texts: Readonly<Record<string, string>> = {}): Seed {
  return {
    accessKeys: [{ ...KEY, allow: [{ actions: ['kms:GetSecretValue'], resources: ['app/*'] }] }],
    secrets: [
      ...textSecrets({ 'app/token': TOKEN, ...texts }),
      { name: 'app/keystore', dataType: 'binary', versions: [{ id: 'v7', dataBase64: BINARY.toString('base64') }] },
    ],
  }
}
