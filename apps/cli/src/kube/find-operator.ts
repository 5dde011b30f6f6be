import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { MEMBER_OF_LABEL } from '@ack-secret-manager/resources'
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
  const own = leases?.filter(isOwn)
  return { home, deployments: deployments?.filter(isOwn), leases: own && (await withShards(reader, own)) }
}

/** The Leases of all shards of the operator that holds the first one. */
async function withShards(reader: ClusterReader, leases: readonly KubeObject[]): Promise<readonly KubeObject[]> {
  const [first] = leases
  const memberOf = first?.metadata.labels?.[MEMBER_OF_LABEL]
  if (first === undefined || memberOf === undefined) return leases
  const path = collectionPath('/apis/coordination.k8s.io/v1/leases', first.metadata.namespace)
  const labelSelector = `${MEMBER_OF_LABEL}=${memberOf}`
  const found = await reader.listUnlessForbidden(path, 'Leases of the operator', { labelSelector })
  const further = (found ?? []).filter(({ metadata }) => metadata.name !== first.metadata.name)
  return [...leases, ...further]
}
