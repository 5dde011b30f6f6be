import type { WorkloadRef, WorkloadState } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { RESTARTED_FOR_ANNOTATION } from '@ack-secret-manager/resources'

/** Annotation that `kubectl rollout restart` sets. */
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

/** Fields of a workload that decide when its Pods are replaced, and whether they were. */
export interface Workload extends KubeObject {
  readonly spec?: {
    readonly paused?: boolean
    readonly replicas?: number
    readonly updateStrategy?: {
      readonly type?: string
      readonly rollingUpdate?: { readonly partition?: number }
    }
    readonly template?: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } }
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly currentRevision?: string
    readonly updateRevision?: string
    readonly desiredNumberScheduled?: number
    readonly updatedNumberScheduled?: number
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string; readonly reason?: string }>
  }
}

type Rollout = WorkloadState['rollout']

export function workloadState(kind: WorkloadRef['kind'], workload: Workload): WorkloadState {
  const restartedAtMs = Date.parse(workload.spec?.template?.metadata?.annotations?.[RESTARTED_AT] ?? '')
  return {
    restartedFor: restartedForIn(workload.metadata.annotations?.[RESTARTED_FOR_ANNOTATION]),
    restartedAtMs: Number.isNaN(restartedAtMs) ? undefined : restartedAtMs,
    rollout: rolloutOf(kind, workload),
  }
}

/** Whether all Pods have the latest template. A Pod that fails later, for example with its node, does not restart a finished rollout. */
function rolloutOf(kind: WorkloadRef['kind'], workload: Workload): Rollout {
  const { spec = {}, status = {}, metadata } = workload
  // Kubernetes replaces no Pod until a user does something, so there is no rollout to wait for.
  if (spec.paused === true || spec.updateStrategy?.type === 'OnDelete') return 'finished'
  const { observedGeneration } = status
  // No controller has seen the workload yet, so its first Pods get the current Secret.
  if (observedGeneration === undefined) return 'finished'
  if (observedGeneration < (metadata.generation ?? 0)) return 'progressing'
  if (kind === 'Deployment') return deploymentRollout(workload)
  return (kind === 'StatefulSet' ? isStatefulSetUpdated(workload) : isDaemonSetUpdated(workload))
    ? 'finished'
    : 'progressing'
}

function deploymentRollout({ spec = {}, status = {} }: Workload): Rollout {
  const progress = status.conditions?.find(({ type }) => type === 'Progressing')
  if (progress?.status === 'False') return 'failed'
  if (progress !== undefined) return progress.reason === 'NewReplicaSetAvailable' ? 'finished' : 'progressing'
  // Without a progress deadline there is no condition.
  const { replicas = 0, updatedReplicas = 0 } = status
  return updatedReplicas >= (spec.replicas ?? 1) && replicas <= updatedReplicas ? 'finished' : 'progressing'
}

function isStatefulSetUpdated({ spec = {}, status = {} }: Workload): boolean {
  const { currentRevision, updateRevision, updatedReplicas = 0 } = status
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0
  // The revision becomes the current one when all Pods are ready. With a partition it never does.
  if (partition === 0) return currentRevision === updateRevision
  return currentRevision === updateRevision || updatedReplicas >= (spec.replicas ?? 1) - partition
}

function isDaemonSetUpdated({ status = {} }: Workload): boolean {
  return (status.updatedNumberScheduled ?? 0) >= (status.desiredNumberScheduled ?? 0)
}

/** Invalid content of the annotation counts as empty. */
function restartedForIn(text: string | undefined): ReadonlyMap<string, string> {
  let json: unknown
  try {
    json = JSON.parse(text ?? '{}')
  } catch {
    return new Map()
  }
  const entries: [string, unknown][] = typeof json === 'object' && json !== null ? Object.entries(json) : []
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
