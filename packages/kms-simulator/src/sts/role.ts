import type { AllowStatement } from '../gateway/policy.ts'

/** The identities that may assume a role; absent ones may not. */
export interface Trust {
  /** The ECS service: the role can be a worker role. */
  readonly ecs?: boolean | undefined
  /** OIDC tokens. `subject` may contain `*` and `?`. */
  readonly oidc?: { readonly issuer: string; readonly audience: string; readonly subject: string } | undefined
  /** Access key ids. */
  readonly accessKeys?: readonly string[] | undefined
  /** ARNs of roles whose sessions may assume it. */
  readonly roles?: readonly string[] | undefined
  /** Required `ExternalId` of AssumeRole. */
  readonly externalId?: string | undefined
}

/** A RAM role. */
export interface Role {
  readonly name: string
  readonly account: string
  readonly trust: Trust
  readonly allow: readonly AllowStatement[]
  /** Maximum duration of a session. */
  readonly maxSessionSeconds: number
}

/** `acs:ram::ACCOUNT:role/NAME`. */
export function roleArn(role: Pick<Role, 'account' | 'name'>): string {
  return `acs:ram::${role.account}:role/${role.name}`
}
