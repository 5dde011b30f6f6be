/** Names a Kubernetes workload. */
export interface WorkloadRef {
  readonly namespace: string
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet'
  readonly name: string
}

export type RestartResult =
  /** The rollout has started; `note` says what a user must do to complete it. */
  | { readonly kind: 'restarted'; readonly note: string | undefined }
  /** The workload was already restarted for these changes. */
  | { readonly kind: 'done' }
  /** The workload does not exist. Once created, it starts with the current Secret. */
  | { readonly kind: 'absent' }

/** Restarts workloads whose Secrets have changed. */
export interface WorkloadRestarter {
  /**
   * Restarts a workload. Idempotent for the same changes.
   * @param changes the last change of each resource that requests the restart, by its name
   * @throws SecretSyncError `WriteDenied` | `WriteFailed` | `Conflict` | `Unavailable` | `Timeout` | `Cancelled`
   */
  restart(
    workload: WorkloadRef,
    changes: ReadonlyMap<string, string>,
    options: { signal: AbortSignal },
  ): Promise<RestartResult>
}
