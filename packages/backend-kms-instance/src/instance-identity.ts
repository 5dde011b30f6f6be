import type { CredentialProvider, Identity } from '@ack-secret-manager/core'

/** A client key of an application access point, such as `parseClientKey` of `@ack-secret-manager/auth-aap` gives. */
export interface InstanceSigner {
  /** `KAAP.…` */
  readonly keyId: string
  readonly identity: Identity
  /** RSASSA-PKCS1-v1_5 with SHA-256. */
  sign(bytes: Uint8Array): Uint8Array
}

/** Who asks: exactly one of the two. It stays the caller's: closing the backend does not close it. */
export type InstanceIdentity =
  | { readonly clientKey: InstanceSigner; readonly provider?: never }
  | { readonly provider: CredentialProvider; readonly clientKey?: never }

/** The one that was given. */
export function identityOf({ clientKey, provider }: InstanceIdentity): Identity {
  return (clientKey ?? provider).identity
}
