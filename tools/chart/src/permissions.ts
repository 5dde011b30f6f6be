import type { AuditedRequest, Manifest } from '@ack-secret-manager/testenv'

interface Role extends Manifest {
  readonly rules: readonly {
    readonly resources: readonly string[]
    readonly resourceNames?: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

/** One permission of one role. */
export interface GrantedPermission {
  /** `Role ack-secret-manager-own`; of the same name in several namespaces it is the same one. */
  readonly role: string
  /** Namespace; undefined for all namespaces. */
  readonly namespace: string | undefined
  /** `patch secrets` */
  readonly permission: string
  /** Object name; undefined for all names. */
  readonly name: string | undefined
}

/** Every permission in roles among these objects, without those that extend a ClusterRole of Kubernetes for users. */
export function grantedPermissions(objects: readonly Manifest[]): GrantedPermission[] {
  const roles = objects.filter(
    (object) => (object.kind === 'Role' || object.kind === 'ClusterRole') && !isAggregated(object),
  ) as Role[]
  return roles.flatMap((role) => permissionsOf(role))
}

function isAggregated({ metadata: { labels = {} } }: Manifest): boolean {
  return Object.keys(labels).some((label) => label.startsWith('rbac.authorization.k8s.io/aggregate-to-'))
}

function permissionsOf({ kind, metadata, rules }: Role): GrantedPermission[] {
  const namespace = kind === 'Role' ? metadata.namespace : undefined
  const role = `${kind} ${metadata.name}`
  return rules.flatMap(({ resources, resourceNames = [undefined], verbs }) => {
    const permissions = resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`))
    return permissions.flatMap((permission) => resourceNames.map((name) => ({ role, namespace, permission, name })))
  })
}

/** The permissions that the requests needed: each allows a request that no other permission of any role allows. */
export function requiredPermissions(
  granted: readonly GrantedPermission[],
  requests: readonly AuditedRequest[],
): GrantedPermission[] {
  const needed = new Set<GrantedPermission>()
  for (const request of requests) {
    const [permission, other] = granted.filter((each) => allows(each, request))
    if (permission !== undefined && other === undefined) needed.add(permission)
  }
  return granted.filter((permission) => needed.has(permission))
}

function allows({ namespace, permission, name }: GrantedPermission, request: AuditedRequest): boolean {
  return (
    permission === `${request.verb} ${request.resource}` &&
    (namespace === undefined || namespace === request.namespace) &&
    (name === undefined || name === request.name)
  )
}

/** Permissions as `Role ack-secret-manager-own: get leases NAME`, sorted, without duplicates. */
export function permissionNames(permissions: readonly GrantedPermission[]): string[] {
  const names = permissions.map(
    ({ role, permission, name }) => `${role}: ${permission}${name === undefined ? '' : ` ${name}`}`,
  )
  return [...new Set(names)].toSorted()
}
