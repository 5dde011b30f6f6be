/** Names a workload of Kubernetes. */
export interface WorkloadRef {
  readonly namespace: string
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet'
  readonly name: string
}

/** What became of a restart. */
export type RestartResult =
  /** Its Pods are being replaced; `note` says where that needs somebody's hand. */
  | { readonly kind: 'restarted'; readonly note: string | undefined }
  /** It had been restarted for these changes before. */
  | { readonly kind: 'done' }
  /** There is no such workload: whenever it comes, it begins with what is there. */
  | { readonly kind: 'absent' }

/** Restarts workloads whose Secrets have changed. */
export interface WorkloadRestarter {
  /**
   * Restarts it, once however often it is asked for the same changes.
   * @param changes the last change of each resource that asks, by the resource's name
   * @throws SecretSyncError `WriteDenied` | `WriteFailed` | `Conflict` | `Unavailable` | `Timeout` | `Cancelled`
   */
  restart(
    workload: WorkloadRef,
    changes: ReadonlyMap<string, string>,
    options: { signal: AbortSignal },
  ): Promise<RestartResult>
}
