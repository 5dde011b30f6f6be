import { type Credential, type CredentialProvider, Sensitive } from '@ack-secret-manager/core'

/** A provider with one fixed AccessKey, for tests of backends. */
export interface StaticProvider extends CredentialProvider {
  /** Credentials that were reported as refused, in order. */
  readonly refused: readonly Credential[]
}

export function staticProvider(accessKeyId: string, accessKeySecret: string): StaticProvider {
  const refused: Credential[] = []
  const credential: Credential = { accessKeyId, accessKeySecret: new Sensitive(accessKeySecret) }
  return {
    identity: {
      kind: 'access-key',
      fingerprint: accessKeyId + accessKeySecret.length,
      description: `AccessKey ${accessKeyId}`,
      account: accessKeyId,
    },
    credential: async () => credential,
    invalidate: (of) => void refused.push(of),
    close: async () => undefined,
    refused,
  }
}
