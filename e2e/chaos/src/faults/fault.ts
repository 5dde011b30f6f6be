import type { ProxyFault } from '@ack-secret-manager/test-support/fault-proxy'

/** Services behind fault proxies. */
export const SERVICES = ['api', 'kms', 'sts', 'metadata', 'instance', 'oos'] as const
/** One of {@link SERVICES}. */
export type Service = (typeof SERVICES)[number]

/** Fault of a replica. */
export type ReplicaFault =
  /** SIGKILL of the leader, which is restarted after the fault. */
  | { readonly kind: 'kill-leader' }
  /** SIGTERM of the leader, which must exit with 0. */
  | { readonly kind: 'stop-leader' }
  /** SIGSTOP for longer than the lease, then SIGCONT: two replicas act as leader for a moment. */
  | { readonly kind: 'pause-leader' }
  /** SIGKILL at the n-th call, before it is forwarded, or after it is processed and before the response. */
  | {
      readonly kind: 'kill-at-call'
      readonly service: 'api-write' | 'kms'
      readonly call: number
      readonly done: boolean
    }
  /** SIGSTOP during a write, which arrives after another replica has taken over; then SIGCONT. */
  | { readonly kind: 'stale-write' }
  /** Sets the clock of the leader ahead by `hours`, or back if negative, and then right again. */
  | { readonly kind: 'clock-jump'; readonly hours: number }

/** Fault of the control plane. */
export type ClusterFault =
  | { readonly kind: 'restart-etcd' | 'restart-apiserver' }
  /** Compacts the history of etcd and restarts both, so that resumed watches get 410. */
  | { readonly kind: 'forget-history' }
  /** Applies the CRDs with one more field. */
  | { readonly kind: 'change-crd' }
  /** Closes connections and responds 403 for a while, like a restarted API server that has not loaded its RBAC roles. */
  | { readonly kind: 'roles-unread' }
  /** Connects the operator to a second API server with a lagging watch cache for a while. */
  | { readonly kind: 'stale-server'; readonly lagMs: number }

/** One fault of a run. */
export type ScheduledFault = { readonly atMs: number; readonly forMs: number } & (
  | { readonly service: Service; readonly every: 1 | 2 | 3; readonly fault: ProxyFault }
  | { readonly service: 'replica'; readonly fault: ReplicaFault }
  | { readonly service: 'cluster'; readonly fault: ClusterFault }
)
