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
  /** Nothing was done: see `delayOf`. */
  | { readonly kind: 'delayed'; readonly delay: RestartDelay }

/** Restarts and rollout of a workload, as its object shows them. */
export interface WorkloadState {
  /** The change for which each resource has restarted it last, by the name of the resource. */
  readonly restartedFor: ReadonlyMap<string, string>
  /** When its Pods were restarted last, by any client; wall-clock milliseconds. */
  readonly restartedAtMs: number | undefined
  /** Whether all Pods have its latest template. */
  readonly rollout: 'finished' | 'progressing' | 'failed'
}

/** Why a workload is not restarted yet. */
export type RestartDelay =
  /** It may be restarted from a time on, in wall-clock milliseconds; undefined: never. */
  | { readonly reason: 'interval' | 'window'; readonly untilMs: number | undefined }
  /** Its rollout has not finished. */
  | { readonly reason: 'rollout'; readonly rollout: 'progressing' | 'failed' }

/** Restarts workloads whose Secrets have changed. */
export interface WorkloadRestarter {
  /**
   * Restarts a workload. Idempotent for the same changes.
   * @param changes the last change of each resource that requests the restart, by its name
   * @param options.delayOf whether a restart for changes that it was not restarted for must wait. @default never
   * @throws SecretSyncError `WriteDenied` | `WriteFailed` | `Conflict` | `Unavailable` | `Timeout` | `Cancelled`
   */
  restart(
    workload: WorkloadRef,
    changes: ReadonlyMap<string, string>,
    options: { readonly signal: AbortSignal; readonly delayOf?: (state: WorkloadState) => RestartDelay | undefined },
  ): Promise<RestartResult>
}
