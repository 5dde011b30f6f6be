import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  collectionPath,
  OPERATOR,
  OPERATOR_SELECTOR,
  type OperatorHome,
  operatorHome,
} from '@ack-secret-manager/resource-view'
import type { ClusterReader } from './cluster-reader.ts'

/** The operator of a cluster, as far as a user may see it. */
export interface FoundOperator {
  readonly home: OperatorHome
  /** In its namespace; undefined if the user may not list them. */
  readonly deployments: readonly KubeObject[] | undefined
  /** In its namespace; undefined if the user may not list them. */
  readonly leases: readonly KubeObject[] | undefined
}

/** Finds the operator: in the namespace that the user gives, else by {@link operatorHome}. */
export async function findOperator(reader: ClusterReader, given: string | undefined): Promise<FoundOperator> {
  const [deployments, leases, bindings] = await Promise.all([
    reader.listUnlessForbidden(collectionPath('/apis/apps/v1/deployments', given), 'Deployments of the operator', {
      labelSelector: OPERATOR_SELECTOR,
    }),
    reader.listUnlessForbidden(collectionPath('/apis/coordination.k8s.io/v1/leases', given), 'Leases of the operator', {
      fieldSelector: `metadata.name=${OPERATOR}`,
    }),
    given === undefined
      ? reader.listUnlessForbidden('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', 'ClusterRoleBindings')
      : [],
  ])
  const home: OperatorHome =
    given === undefined
      ? operatorHome({ deployments: deployments ?? [], leases: leases ?? [], bindings: bindings ?? [] })
      : { kind: 'one', namespace: given, confirmed: true }
  const isOwn = ({ metadata }: KubeObject): boolean => home.kind === 'one' && metadata.namespace === home.namespace
  return { home, deployments: deployments?.filter(isOwn), leases: leases?.filter(isOwn) }
}
