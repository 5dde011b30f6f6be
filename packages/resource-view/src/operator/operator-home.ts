import type { KubeObject } from '@ack-secret-manager/k8s-client'

/** Label of everything that the chart installs, default name of the Lease and of the ClusterRole. */
export const OPERATOR = 'ack-secret-manager'
/** Selects the Deployments and Pods of the operator. Everyone who may create them in a namespace can set it. */
export const OPERATOR_SELECTOR = `app.kubernetes.io/name=${OPERATOR}`

/** Whose objects are those of the operator. */
export type OperatorHome =
  /** `confirmed`: by the user or a ClusterRoleBinding, not only by names and labels that any tenant can use. */
  | { readonly kind: 'one'; readonly namespace: string; readonly confirmed: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly namespaces: readonly string[] }

/** What {@link operatorHome} decides by. */
export interface OperatorTraces {
  readonly deployments: readonly KubeObject[]
  readonly leases: readonly KubeObject[]
  /** ClusterRoleBindings; empty as well if the user may not list them. */
  readonly bindings: readonly KubeObject[]
}

/**
 * Decides which namespace is the operator's. A Deployment whose ServiceAccount a ClusterRoleBinding gives the role of the operator
 * confirms it; without one, a single namespace is taken, not confirmed. Pure.
 */
export function operatorHome({ deployments, leases, bindings }: OperatorTraces): OperatorHome {
  const accounts = new Set(bindings.filter(isOperatorBinding).flatMap(serviceAccountsOf))
  const bound = namespacesOf(deployments.filter((each) => accounts.has(accountOf(each))))
  const namespaces = bound.length > 0 ? bound : namespacesOf([...deployments, ...leases])
  const [namespace, ...others] = namespaces
  if (namespace === undefined) return { kind: 'none' }
  if (others.length > 0) return { kind: 'several', namespaces }
  return { kind: 'one', namespace, confirmed: bound.length > 0 }
}

/** `several operators found: a, b; use --operator-namespace` */
export function severalText(namespaces: readonly string[]): string {
  const more = namespaces.length - MAX_NAMED
  const names = `${namespaces.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return `several operators found: ${names}; use --operator-namespace`
}

const MAX_NAMED = 5

/** Whether it gives the role of the operator. Only an administrator of the cluster can create a ClusterRoleBinding. */
export function isOperatorBinding({ metadata, roleRef }: KubeObject): boolean {
  const { kind, name } = (roleRef ?? {}) as Named
  return kind === 'ClusterRole' && (name === OPERATOR || metadata.labels?.['app.kubernetes.io/name'] === OPERATOR)
}

function serviceAccountsOf({ subjects }: KubeObject): readonly string[] {
  const all = (subjects ?? []) as readonly Named[]
  return all.flatMap(({ kind, namespace, name }) => (kind === 'ServiceAccount' ? [`${namespace}/${name}`] : []))
}

interface Named {
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
}

function accountOf({ metadata, spec }: KubeObject): string {
  const { template } = (spec ?? {}) as DeploymentSpec
  return `${metadata.namespace}/${template?.spec?.serviceAccountName ?? 'default'}`
}

interface DeploymentSpec {
  readonly template?: { readonly spec?: { readonly serviceAccountName?: string } }
}

function namespacesOf(objects: readonly KubeObject[]): readonly string[] {
  return [...new Set(objects.map(({ metadata }) => metadata.namespace ?? ''))].toSorted()
}
