/** A Pod of the operator. */
export interface ReplicaView {
  readonly name: string
  readonly node: string
  readonly isReady: boolean
  readonly isLeader: boolean
  /** `Running`, `Pending` …, or the reason why its container waits: `CrashLoopBackOff`. */
  readonly phase: string
  readonly restarts: number
  readonly startedAt?: string
}

/** The operator as far as the user may see it. */
export interface OperatorView {
  /** As in `acksm status`. `unknown`: not found, several found, or not visible. */
  readonly state: 'running' | 'stopped' | 'unknown'
  /** Why, as a part of a sentence. */
  readonly detail: string
  /** Absent if unknown. */
  readonly namespace?: string
  /** Whether it is known that the namespace is the operator's, not only supposed by names and labels. */
  readonly isConfirmed: boolean
  /** The user may not list ClusterRoleBindings, so that nothing can confirm it. */
  readonly isUnconfirmable?: boolean
  readonly version?: string
  readonly image?: string
  /** Of the Deployment; absent if not visible. */
  readonly wanted?: number
  readonly ready?: number
  /** Holder of the Lease; absent if there is none. */
  readonly leader?: string
  /** Whether the Lease is renewed in time. */
  readonly isLed: boolean
  /** When the Lease was renewed last; only while it is not renewed in time. */
  readonly lastRenewed?: string
  /** Absent if the user may not list its Pods. */
  readonly replicas?: readonly ReplicaView[]
}
