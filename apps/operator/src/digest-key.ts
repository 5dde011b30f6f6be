import { randomBytes } from 'node:crypto'
import {
  type ContentDigester,
  contentDigester,
  DIGEST_KEY_BYTES,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { DIGEST_KEY_TYPE } from '@ack-secret-manager/resources'

/** Name of the Secret with the digest key, in the operator's namespace. */
export const DIGEST_KEY_SECRET = 'ack-secret-manager-digest-key'

/** The digest key, and the id of this installation of the operator. */
export interface DigestKey {
  readonly digester: ContentDigester
  readonly key: Sensitive<Uint8Array>
  /** UID of the Secret, which no other cluster has. */
  readonly uid: string
}

interface KeySecret {
  readonly metadata?: { readonly uid?: string }
  readonly data?: Readonly<Record<string, string>>
}

/**
 * Loads the digest key that all replicas share across restarts. The first replica generates the random key. If the key is lost, every
 * Secret is compared once and none is rewritten, but PushSecrets no longer own what they pushed.
 * @throws KubeApiError | SecretSyncError
 */
export async function loadDigestKey(client: KubeClient, namespace: string, signal: AbortSignal): Promise<DigestKey> {
  const collection = `/api/v1/namespaces/${namespace}/secrets`
  const read = (): Promise<KeySecret> => client.get<KeySecret>(`${collection}/${DIGEST_KEY_SECRET}`, { signal })
  try {
    return keyOf(await read(), namespace)
  } catch (error) {
    if (!isKubeApiError(error, 404)) throw error
  }
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: DIGEST_KEY_SECRET, labels: { 'app.kubernetes.io/name': 'ack-secret-manager' } },
    // Targets of this type are refused, so no ExternalSecret can overwrite the key.
    type: DIGEST_KEY_TYPE,
    data: { key: randomBytes(DIGEST_KEY_BYTES).toString('base64') },
  }
  try {
    return keyOf(await client.create<KeySecret>(collection, secret, { signal }), namespace)
  } catch (error) {
    if (!isKubeApiError(error, 409)) throw error
    return keyOf(await read(), namespace)
  }
}

function keyOf(secret: KeySecret, namespace: string): DigestKey {
  const key = Buffer.from(secret.data?.['key'] ?? '', 'base64')
  if (key.length !== DIGEST_KEY_BYTES) {
    throw new SecretSyncError(
      'InvalidSpec',
      `Secret ${namespace}/${DIGEST_KEY_SECRET} does not contain a key of ${DIGEST_KEY_BYTES} bytes; restore it, or delete it so that the operator creates a new key: PushSecrets then no longer own their KMS secrets`,
    )
  }
  return { digester: contentDigester(key), key: new Sensitive<Uint8Array>(key), uid: secret.metadata?.uid ?? '' }
}
