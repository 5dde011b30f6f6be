import { globMatches } from './glob.ts'

/** Allows some actions on some resources. There is no deny statement; everything else is denied. */
export interface AllowStatement {
  /** Such as `kms:GetSecretValue` or `kms:*`; case does not matter. */
  readonly actions: readonly string[]
  /** RAM patterns of whole resource names (`acs:kms:…`), or of the bare name. */
  readonly resources: readonly string[]
}

/** The object of an action. */
export interface PolicyResource {
  readonly arn: string
  /** The bare name; empty for actions on the account as a whole. */
  readonly name: string
}

/** Whether a caller has a permission: its role or user allows it, and so does the policy of its session. */
export function mayCall(
  caller: { readonly allow: readonly AllowStatement[]; readonly narrowedBy?: readonly AllowStatement[] | undefined },
  action: string,
  resource: PolicyResource,
): boolean {
  return (
    allows(caller.allow, action, resource) &&
    (caller.narrowedBy === undefined || allows(caller.narrowedBy, action, resource))
  )
}

/** Whether one of the statements allows `action` on `resource`. */
export function allows(statements: readonly AllowStatement[], action: string, resource: PolicyResource): boolean {
  return statements.some(
    ({ actions, resources }) =>
      actions.some((pattern) => pattern === action || globMatches(pattern.toLowerCase(), action.toLowerCase())) &&
      resources.some((pattern) => globMatches(pattern, pattern.startsWith('acs:') ? resource.arn : resource.name)),
  )
}
