import type { AllowStatement } from '../gateway/policy.ts'

/** Who may assume a role. What is absent may not. */
export interface Trust {
  /** The ECS service: the role can be a worker role. */
  readonly ecs?: boolean | undefined
  /** Holders of OIDC tokens. `subject` may hold `*` and `?`. */
  readonly oidc?: { readonly issuer: string; readonly audience: string; readonly subject: string } | undefined
  /** Access key ids. */
  readonly accessKeys?: readonly string[] | undefined
  /** ARNs of roles whose sessions may. */
  readonly roles?: readonly string[] | undefined
  /** What AssumeRole has to name as `ExternalId`. */
  readonly externalId?: string | undefined
}

/** A RAM role. */
export interface Role {
  readonly name: string
  readonly account: string
  readonly trust: Trust
  readonly allow: readonly AllowStatement[]
  /** Longest session. */
  readonly maxSessionSeconds: number
}

/** `acs:ram::ACCOUNT:role/NAME`. */
export function roleArn(role: Pick<Role, 'account' | 'name'>): string {
  return `acs:ram::${role.account}:role/${role.name}`
}
