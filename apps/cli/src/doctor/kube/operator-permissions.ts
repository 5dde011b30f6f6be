import { GROUP } from '@ack-secret-manager/resources'
import type { ResourceAttributes } from './access-review.ts'
import type { OperatorSettings } from './operator-deployment.ts'

/** Verbs on one resource. */
interface Rule {
  readonly group: string
  readonly resource: string
  readonly verbs: readonly string[]
  /** The feature that needs it, where the chart can leave it out. */
  readonly onlyFor?: string
}

const TOKENS = 'stores with serviceAccountRef'

/** In each watched namespace. The page docs/reference/rbac.md says what stops working without each. */
export const NAMESPACE_RULES: readonly Rule[] = [
  { group: GROUP, resource: 'externalsecrets', verbs: ['list', 'watch', 'patch'] },
  { group: GROUP, resource: 'secretstores', verbs: ['list', 'watch', 'patch'] },
  { group: GROUP, resource: 'externalsecrets/status', verbs: ['patch'] },
  { group: GROUP, resource: 'secretstores/status', verbs: ['patch'] },
  { group: '', resource: 'secrets', verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { group: '', resource: 'configmaps', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'serviceaccounts', verbs: ['get', 'list', 'watch'], onlyFor: TOKENS },
  { group: '', resource: 'serviceaccounts/token', verbs: ['create'], onlyFor: TOKENS },
  { group: 'events.k8s.io', resource: 'events', verbs: ['create', 'patch'] },
]

/** The chart grants them with `rbac.restartWorkloads` only. */
const RESTART_RULES: readonly Rule[] = ['deployments', 'statefulsets', 'daemonsets'].map((resource) => ({
  group: 'apps',
  resource,
  verbs: ['get', 'patch'],
  onlyFor: 'restarts by spec.restart',
}))

const PUSH_RULES: readonly Rule[] = [
  { group: GROUP, resource: 'pushsecrets', verbs: ['list', 'watch', 'patch'] },
  { group: GROUP, resource: 'pushsecrets/status', verbs: ['patch'] },
]

const STORE_RULES: readonly Rule[] = [
  { group: GROUP, resource: 'clustersecretstores', verbs: ['list', 'watch', 'patch'] },
  { group: GROUP, resource: 'clustersecretstores/status', verbs: ['patch'] },
]

const CLUSTER_EXTERNAL_SECRET_RULES: readonly Rule[] = [
  { group: GROUP, resource: 'clusterexternalsecrets', verbs: ['list', 'watch', 'patch'] },
  { group: GROUP, resource: 'clusterexternalsecrets/status', verbs: ['patch'] },
  { group: GROUP, resource: 'externalsecrets', verbs: ['get', 'create', 'update', 'delete'] },
]

const NAMESPACES: readonly Rule[] = [{ group: '', resource: 'namespaces', verbs: ['list', 'watch'] }]

/** Of the Leases, in their namespace. */
export const LEASE_RULES: readonly Rule[] = [
  { group: 'coordination.k8s.io', resource: 'leases', verbs: ['get', 'list', 'watch', 'create', 'update'] },
]

/** Of the Secret with the digest key. Without them the operator does not start. */
const DIGEST_KEY_RULES: readonly Rule[] = [{ group: '', resource: 'secrets', verbs: ['get', 'create'] }]
const DIGEST_KEY_SECRET = 'ack-secret-manager-digest-key'

/** Verbs that RBAC cannot limit to a name, or that are for all names. */
const UNNAMED = new Set(['create', 'list', 'watch'])

/** Cluster-wide, for the kinds that the operator processes. */
export function clusterRules({
  clusterSecretStores,
  clusterExternalSecrets,
}: Pick<OperatorSettings, 'clusterSecretStores' | 'clusterExternalSecrets'>): readonly Rule[] {
  return [
    ...(clusterSecretStores ? STORE_RULES : []),
    ...(clusterExternalSecrets ? CLUSTER_EXTERNAL_SECRET_RULES : []),
    ...(clusterSecretStores || clusterExternalSecrets ? NAMESPACES : []),
  ]
}

/** One permission that an operator needs. */
export interface NeededPermission {
  readonly attributes: ResourceAttributes
  readonly onlyFor?: string
}

/** Watched namespaces that are checked. */
export const MAX_NAMESPACES = 100

/** The permissions that an operator with these settings needs. Pure. */
export function neededPermissions(operator: OperatorSettings): readonly NeededPermission[] {
  const { watchNamespaces, leaderElect, leaseNamespace, leaseName, pushSecrets } = operator
  const inNamespace = [...NAMESPACE_RULES, ...RESTART_RULES, ...(pushSecrets ? PUSH_RULES : [])]
  const namespaces = watchNamespaces.length === 0 ? [''] : watchNamespaces.slice(0, MAX_NAMESPACES)
  return [
    ...namespaces.flatMap((namespace) => permissionsOf(inNamespace, namespace)),
    // With watched namespaces, the chart grants nothing cluster-wide unless it is asked to.
    ...(watchNamespaces.length === 0
      ? permissionsOf(clusterRules(operator), '')
      : permissionsOf(DIGEST_KEY_RULES, leaseNamespace, DIGEST_KEY_SECRET)),
    ...(leaderElect ? permissionsOf(LEASE_RULES, leaseNamespace, leaseName) : []),
  ]
}

function permissionsOf(rules: readonly Rule[], namespace: string, name?: string): readonly NeededPermission[] {
  return rules.flatMap(({ group, resource, verbs, onlyFor }) => {
    const [kind = resource, subresource] = resource.split('/')
    return verbs.map((verb) => ({
      attributes: {
        verb,
        group,
        resource: kind,
        namespace,
        ...(subresource === undefined ? {} : { subresource }),
        ...(name === undefined || UNNAMED.has(verb) ? {} : { name }),
      },
      ...(onlyFor === undefined ? {} : { onlyFor }),
    }))
  })
}
