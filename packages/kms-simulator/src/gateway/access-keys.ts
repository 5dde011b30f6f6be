import { NamedRegistry } from '../named-registry.ts'
import type { AllowStatement } from './policy.ts'

/** An identity that can sign requests. */
export interface AccessKey {
  readonly id: string
  readonly secret: string
  /** Set for a temporary key: requests must carry it. */
  readonly securityToken?: string | undefined
  /** When the token ends. */
  readonly expiresAtMs?: number | undefined
  readonly allow: readonly AllowStatement[]
  /** The policy that a session was asked for with: it allows nothing that {@link allow} does not. */
  readonly narrowedBy?: readonly AllowStatement[] | undefined
  /** Set for the session of a role. */
  readonly session?: RoleSession | undefined
}

/** Whose session a temporary key belongs to. */
export interface RoleSession {
  readonly account: string
  /** Name of the role. */
  readonly role: string
  readonly roleArn: string
  /** The session's own name. */
  readonly name: string
  /** `acs:ram::ACCOUNT:assumed-role/ROLE/SESSION`. */
  readonly arn: string
}

/** Looks keys up. */
export interface KeyRing {
  /** The key, if it exists and has not been taken away. */
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
