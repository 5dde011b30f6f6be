import { defined } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  clusterExternalSecretState,
  type ClusterExternalSecretState,
  type LiveExternalSecret,
  liveExternalSecret,
  type StoreName,
  storeNode,
  type StoreState,
  storeState,
  type TreeNode,
  type Workload,
  WORKLOAD_COLLECTIONS,
  workloadOf,
} from '@ack-secret-manager/resource-view'
import { REFRESH_NOW_ANNOTATION, RESTARTED_FOR_ANNOTATION } from '@ack-secret-manager/resources'
import { admissionOf } from './admission.ts'
import type { AdmissionView } from './views/store.ts'

/** A store with what its page shows. */
export interface StoreObject {
  readonly uid: string
  readonly state: StoreState
  readonly admission: AdmissionView
  /** With its identity and the objects that it comes from. */
  readonly node: TreeNode
}

/** A ClusterExternalSecret with what its page shows. */
export interface ClusterExternalSecretObject {
  readonly state: ClusterExternalSecretState
  readonly since: string | undefined
  readonly externalSecretName: string
  readonly isSuspended: boolean
}

/** What names a Secret: a workload by its Pod template, a Pod without one, an Ingress or a ServiceAccount. */
export interface WorkloadObject extends Workload {
  /** ExternalSecrets that the operator has restarted it for. */
  readonly restartedFor: readonly string[]
  /** Last restart, by whatever. */
  readonly restartedAt: string | undefined
}

/** Reads an ExternalSecret and drops the metadata that no page shows. Never throws. */
export function resourceObject(raw: KubeObject): LiveExternalSecret {
  const { namespace, name, uid, generation, creationTimestamp, deletionTimestamp, ownerReferences, annotations } =
    raw.metadata
  const refresh = annotations?.[REFRESH_NOW_ANNOTATION]
  const metadata = {
    namespace: namespace ?? '',
    name: name ?? '',
    ...defined({ uid, generation, creationTimestamp, deletionTimestamp }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
    ...(refresh === undefined ? {} : { annotations: { [REFRESH_NOW_ANNOTATION]: refresh } }),
  }
  return liveExternalSecret({ ...raw, metadata })
}

/** Reads a store. Never throws. */
export function storeObject(kind: StoreName['kind'], raw: KubeObject): StoreObject {
  return {
    uid: raw.metadata.uid ?? '',
    state: storeState(kind, raw),
    admission: admissionOf(kind, raw),
    node: storeNode(kind, raw),
  }
}

/** Reads a ClusterExternalSecret. Never throws. */
export function clusterExternalSecretObject(raw: KubeObject): ClusterExternalSecretObject {
  const { externalSecretSpec, externalSecretName } = (raw['spec'] ?? {}) as {
    readonly externalSecretSpec?: { readonly suspend?: unknown }
    readonly externalSecretName?: unknown
  }
  const { conditions } = (raw['status'] ?? {}) as { readonly conditions?: unknown }
  const ready = (Array.isArray(conditions) ? conditions : []).find(
    (each: { readonly type?: unknown } | null) => each?.type === 'Ready',
  ) as { readonly lastTransitionTime?: unknown } | undefined
  const name = raw.metadata.name ?? ''
  return {
    state: clusterExternalSecretState(raw),
    since: typeof ready?.lastTransitionTime === 'string' ? ready.lastTransitionTime : undefined,
    externalSecretName: typeof externalSecretName === 'string' && externalSecretName !== '' ? externalSecretName : name,
    isSuspended: externalSecretSpec?.suspend === true,
  }
}

/** Reads an object of a kind that can name Secrets; undefined if it names none, so that nothing of it is kept. Never throws. */
export function workloadObject(kind: string, raw: KubeObject): WorkloadObject | undefined {
  const usesOf = WORKLOAD_COLLECTIONS.find((each) => each.kind === kind)?.usesOf
  const [workload] = usesOf === undefined ? [] : workloadOf(kind, raw, { uses: usesOf(raw), secrets: undefined })
  if (workload === undefined) return undefined
  const { template } = (raw['spec'] ?? {}) as {
    readonly template?: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } }
  }
  const restartedFor = namesIn(raw.metadata.annotations?.[RESTARTED_FOR_ANNOTATION])
  return { ...workload, restartedFor, restartedAt: template?.metadata?.annotations?.[RESTARTED_AT] }
}

/** Of one workload. Any user who may edit it can write the annotation. */
const MAX_RESTARTED_FOR = 100

/** Annotation that `kubectl rollout restart` and the operator set. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

function namesIn(annotation: string | undefined): readonly string[] {
  if (annotation === undefined) return []
  try {
    const content: unknown = JSON.parse(annotation)
    return typeof content === 'object' && content !== null ? Object.keys(content).slice(0, MAX_RESTARTED_FOR) : []
  } catch {
    // Of another writer: the restart is not shown.
    return []
  }
}
