import { type Credential, type CredentialProvider, Sensitive } from '@ack-secret-manager/core'

/** A RAM identity with the one AccessKey, and how often that was refused. */
export function staticProvider(
  accessKeyId: string,
  secret: string,
): CredentialProvider & { readonly refused: Credential[] } {
  const refused: Credential[] = []
  const credential: Credential = { accessKeyId, accessKeySecret: new Sensitive(secret) }
  return {
    identity: {
      kind: 'access-key',
      fingerprint: accessKeyId + secret.length,
      description: `AccessKey ${accessKeyId}`,
      account: accessKeyId,
    },
    credential: async () => credential,
    invalidate: (of) => void refused.push(of),
    close: async () => undefined,
    refused,
  }
}
