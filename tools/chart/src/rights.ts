import type { AuditedRequest, Manifest } from '@ack-secret-manager/testbed'

interface Role extends Manifest {
  readonly rules: readonly {
    readonly resources: readonly string[]
    readonly resourceNames?: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

/** One thing that one role allows. */
export interface GrantedRight {
  /** `Role ack-secret-manager-own`; of the same name in several namespaces it is the same one. */
  readonly role: string
  /** Undefined: everywhere. */
  readonly namespace: string | undefined
  /** `patch secrets` */
  readonly right: string
  /** What it is held to. Undefined: objects of any name. */
  readonly name: string | undefined
}

/** Every right in roles among these objects. */
export function grantedRights(objects: readonly Manifest[]): GrantedRight[] {
  const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole') as Role[]
  return roles.flatMap((role) => rightsOf(role))
}

function rightsOf({ kind, metadata, rules }: Role): GrantedRight[] {
  const namespace = kind === 'Role' ? metadata.namespace : undefined
  const role = `${kind} ${metadata.name}`
  return rules.flatMap(({ resources, resourceNames = [undefined], verbs }) => {
    const rights = resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`))
    return rights.flatMap((right) => resourceNames.map((name) => ({ role, namespace, right, name })))
  })
}

/** Those without which something that was asked for would have been refused: no other right allows it, in no role. */
export function neededRights(granted: readonly GrantedRight[], requests: readonly AuditedRequest[]): GrantedRight[] {
  const needed = new Set<GrantedRight>()
  for (const request of requests) {
    const [right, other] = granted.filter((each) => allows(each, request))
    if (right !== undefined && other === undefined) needed.add(right)
  }
  return granted.filter((right) => needed.has(right))
}

function allows({ namespace, right, name }: GrantedRight, request: AuditedRequest): boolean {
  return (
    right === `${request.verb} ${request.resource}` &&
    (namespace === undefined || namespace === request.namespace) &&
    (name === undefined || name === request.name)
  )
}

/** Rights as `Role ack-secret-manager-own: get leases NAME`, sorted, each once. */
export function rightNames(rights: readonly GrantedRight[]): string[] {
  const names = rights.map(({ role, right, name }) => `${role}: ${right}${name === undefined ? '' : ` ${name}`}`)
  return [...new Set(names)].toSorted()
}
