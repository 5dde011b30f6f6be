import type { CredentialProvider, Identity } from '@ack-secret-manager/core'

/** A client key of an application access point: the result of `parseClientKey` of `@ack-secret-manager/auth-aap`. */
export interface InstanceSigner {
  /** `KAAP.…` */
  readonly keyId: string
  readonly identity: Identity
  /** RSASSA-PKCS1-v1_5 with SHA-256. */
  sign(bytes: Uint8Array): Uint8Array
}

/** The identity of reads: exactly one of the two. The caller owns it: closing the backend does not close it. */
export type InstanceIdentity =
  | { readonly clientKey: InstanceSigner; readonly provider?: never }
  | { readonly provider: CredentialProvider; readonly clientKey?: never }

/** The identity of either kind. */
export function identityOf({ clientKey, provider }: InstanceIdentity): Identity {
  return (clientKey ?? provider).identity
}
