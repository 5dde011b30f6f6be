import type { AuditedRequest, Manifest } from '@ack-secret-manager/testbed'

interface Role extends Manifest {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[]
}

/** Every right in roles among these objects, as `verb resource`, sorted. */
export function grantedRights(objects: readonly Manifest[]): string[] {
  const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole') as Role[]
  const rights = roles.flatMap(({ rules }) =>
    rules.flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    ),
  )
  return [...new Set(rights)].toSorted()
}

/** Every right that was made use of, as `verb resource`, sorted. */
export function usedRights(requests: readonly AuditedRequest[]): string[] {
  const rights = requests.filter(({ resource }) => resource !== '').map(({ verb, resource }) => `${verb} ${resource}`)
  return [...new Set(rights)].toSorted()
}
