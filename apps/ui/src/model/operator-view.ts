import { defined } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  isConfirmed,
  isHolder,
  operatorDeploymentOf,
  type OperatorHome,
  operatorHome,
  operatorLeaseOf,
  type OperatorState,
  operatorStateOf,
} from '@ack-secret-manager/resource-view'
import type { OperatorView, ReplicaView } from './views/operator.ts'

const MAX_REPLICAS = 20

/** What is known of the operator. Undefined means that the user may not list it. */
export interface OperatorObjects {
  readonly deployments: readonly KubeObject[] | undefined
  readonly leases: readonly KubeObject[] | undefined
  readonly pods: readonly KubeObject[] | undefined
  readonly bindings: readonly KubeObject[]
  /** Namespace that the user gave. */
  readonly given: string | undefined
  /** Whether a Lease was seen to be renewed; undefined to judge it by the clock. @default by the clock */
  readonly isHeld?: (lease: KubeObject) => boolean | undefined
}

/** The operator as `acksm status` judges it, with the objects in its namespace. Pure. */
export function operatorStateFrom(
  { deployments, leases, bindings, given, isHeld = () => undefined }: OperatorObjects,
  nowMs: number,
): OperatorState {
  const home: OperatorHome =
    given === undefined
      ? operatorHome({ deployments: deployments ?? [], leases: leases ?? [], bindings })
      : { kind: 'one', namespace: given, confirmed: true }
  const isOwn = ({ metadata }: KubeObject): boolean => home.kind === 'one' && metadata.namespace === home.namespace
  return operatorStateOf(
    deployments?.filter(isOwn).map(operatorDeploymentOf),
    leases?.filter(isOwn).map((lease) => ({ ...operatorLeaseOf(lease, nowMs), ...defined({ isHeld: isHeld(lease) }) })),
    home,
  )
}

/** The operator on the overview. Equal as long as nothing but the time of the last renewal changes. Pure. */
export function operatorView(
  state: OperatorState,
  {
    pods,
    isUnconfirmable = false,
  }: {
    readonly pods: readonly KubeObject[] | undefined
    /** ClusterRoleBindings cannot be read. */
    readonly isUnconfirmable?: boolean
  },
): OperatorView {
  const { home, deployments, leases } = state
  const [deployment] = deployments
  const lease = leases.find(({ isHeld }) => isHeld) ?? leases[0]
  const namespace = home.kind === 'one' ? home.namespace : undefined
  const own = pods?.filter(({ metadata }) => metadata.namespace === namespace)
  return {
    state: state.state,
    detail: state.detail,
    isConfirmed: isConfirmed(home),
    isLed: lease?.isHeld ?? false,
    ...(isUnconfirmable && !isConfirmed(home) ? { isUnconfirmable } : {}),
    ...defined({
      namespace,
      version: deployment?.version,
      image: deployment?.image,
      wanted: deployment?.replicas,
      ready: deployment?.readyReplicas,
      leader: lease === undefined || lease.holder === '' ? undefined : lease.holder,
      lastRenewed: lease === undefined || lease.isHeld ? undefined : lease.renewTime,
      replicas: own?.slice(0, MAX_REPLICAS).map((pod) => replicaView(pod, lease?.isHeld ? lease.holder : '')),
    }),
  }
}

function replicaView(pod: KubeObject, holder: string): ReplicaView {
  const { nodeName = '' } = (pod['spec'] ?? {}) as { readonly nodeName?: string }
  const { phase = 'Unknown', startTime, conditions = [], containerStatuses = [] } = (pod['status'] ?? {}) as PodStatus
  const waiting = containerStatuses.flatMap(({ state }) => state?.waiting?.reason ?? [])[0]
  return {
    name: pod.metadata.name ?? '',
    node: nodeName,
    isReady: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    isLeader: isHolder(pod, holder),
    phase: pod.metadata.deletionTimestamp === undefined ? (waiting ?? phase) : 'Terminating',
    restarts: containerStatuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    ...defined({ startedAt: startTime }),
  }
}

interface PodStatus {
  readonly phase?: string
  readonly startTime?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  readonly containerStatuses?: readonly {
    readonly restartCount?: number
    readonly state?: { readonly waiting?: { readonly reason?: string } }
  }[]
}
