import {
  isConfirmed,
  operatorDeploymentOf,
  operatorLeaseOf,
  type OperatorState,
  operatorStateOf,
  shardsOf,
} from '@ack-secret-manager/resource-view'
import type { ClusterReader } from './cluster-reader.ts'
import { findOperator } from './find-operator.ts'

/** Looks for the operator, in one namespace if the user gives it. */
export async function readOperatorState(
  reader: ClusterReader,
  nowMs: number,
  operatorNamespace: string | undefined,
): Promise<OperatorState> {
  const { home, deployments, leases } = await findOperator(reader, operatorNamespace)
  const state = operatorStateOf(
    deployments?.map(operatorDeploymentOf),
    leases?.map((lease) => operatorLeaseOf(lease, nowMs)),
    home,
  )
  return isConfirmed(home) || home.kind !== 'one' ? state : { ...state, detail: `${state.detail} (not confirmed)` }
}

/** The operator as a part of a document. */
export function operatorDocument({ state, detail, home, leases }: OperatorState): object {
  const where = home.kind === 'one' ? { namespace: home.namespace, confirmed: home.confirmed } : {}
  const shards = shardsOf(leases).map(({ name, holder, member }) => ({ lease: name, ...member, holder }))
  return { state, detail, ...where, ...(shards.length > 1 && { shards }) }
}
