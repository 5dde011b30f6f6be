import { NamedRegistry } from '../named-registry.ts'
import type { AllowStatement } from './policy.ts'

/** An identity that can sign requests. */
export interface AccessKey {
  readonly id: string
  readonly secret: string
  /** Set for a temporary key: requests must carry it. */
  readonly securityToken?: string | undefined
  /** Expiry of the token. */
  readonly expiresAtMs?: number | undefined
  readonly allow: readonly AllowStatement[]
  /** The policy of the session request, which restricts {@link allow}. */
  readonly narrowedBy?: readonly AllowStatement[] | undefined
  /** Set for the session of a role. */
  readonly session?: AssumedRole | undefined
}

/** The session of a temporary key. */
export interface AssumedRole {
  readonly account: string
  /** Name of the role. */
  readonly role: string
  readonly roleArn: string
  /** Name of the session. */
  readonly name: string
  /** `acs:ram::ACCOUNT:assumed-role/ROLE/SESSION`. */
  readonly arn: string
}

/** Finds keys. */
export interface KeyRing {
  /** The key; undefined if it does not exist or was deleted. */
  get(id: string): AccessKey | undefined
  /** Identity in the call log for a key id, even an invalid one: the assumed role, or the id itself. */
  identityOf(id: string): string
}

/** The access keys that exist. */
export class AccessKeys extends NamedRegistry<AccessKey> implements KeyRing {
  constructor(keys: Iterable<AccessKey>) {
    super(keys, ({ id }) => id)
  }

  identityOf(id: string): string {
    return id
  }
}
