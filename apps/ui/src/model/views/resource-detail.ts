import type { Permission } from './action.ts'
import type { EventsView } from './events.ts'
import type { GraphView } from './graph.ts'
import type { GuideView } from './guide.ts'
import type { ResourceRow } from './resource-row.ts'

/** One condition, as in the status. */
export interface ConditionView {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly since?: string
}

/** A KMS secret that the resource reads, and the keys that come from it. Never a value. */
export interface SourceView {
  /** Name or ARN. */
  readonly secret: string
  /** `ok` · `failed`: `message` says why · `unread`: not read yet. */
  readonly state: 'ok' | 'failed' | 'unread'
  readonly message: string
  /** {@link StoreRow.id}; empty for the identity of the operator. */
  readonly store: string
  readonly versionId: string
  readonly versionStage: string
  readonly type: string
  readonly rotation?: { readonly automatic: boolean; readonly nextTime?: string }
  /** Keys of the Secret from this version; empty if the record of the operator is not visible. */
  readonly keys: readonly string[]
}

/** A key whose value is generated and stored in the Secret only. Never the value. */
export interface GeneratedView {
  readonly key: string
  /** Absent while the spec is invalid. */
  readonly generator?: 'password' | 'containerRegistry' | 'stsToken'
  /** {@link StoreRow.id} of the store whose identity gets the token; absent for a password. */
  readonly store?: string
  /** Absent: the Secret has no value of it yet. */
  readonly generatedAt?: string
  /** When it is replaced; absent if it is not rotated. */
  readonly renewsAt?: string
  /** Of a token. */
  readonly expiresAt?: string
}

/** The Secret, from its metadata only. */
export interface TargetView {
  readonly namespace: string
  readonly name: string
  /** `present` · `missing` · `loading` · `forbidden`: the user may not read its metadata · `disconnected`: the read failed. */
  readonly state: 'present' | 'missing' | 'loading' | 'forbidden' | 'disconnected'
  /** The user may read it, but not watch it: only another read shows a change. */
  readonly isPolled: boolean
  /** From the record of the operator; empty without one. */
  readonly type: string
  readonly keyCount?: number
  readonly createdAt?: string
  /** Last write by the operator. */
  readonly changedAt?: string
  /** `namespace/name` of the ExternalSecret in the owner annotation, if it is another one. */
  readonly otherOwner?: string
}

/** What names the Secret: a workload by its Pod template, a Pod without one, an Ingress or a ServiceAccount. */
export interface WorkloadView {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** `env PASSWORD`, `volume certs` … */
  readonly uses: readonly string[]
  /** Absent for kinds without such numbers. */
  readonly ready?: number
  readonly wanted?: number
  /** The last restart by the operator for this resource. */
  readonly restartedAt?: string
}

/** One ExternalSecret with everything about it. */
export interface ResourceDetail {
  readonly row: ResourceRow
  /** Message of Ready in full. */
  readonly message: string
  readonly uid: string
  readonly createdAt?: string
  readonly conditions: readonly ConditionView[]
  readonly sources: readonly SourceView[]
  readonly generated: readonly GeneratedView[]
  /** Generators with a failure, such as `sts token`. The status does not say of which key. */
  readonly failedGenerators: readonly { readonly generator: string; readonly message: string }[]
  readonly target: TargetView
  /** Absent if the user may list no kind of them. */
  readonly workloads?: readonly WorkloadView[]
  /** Kinds that were searched for them. */
  readonly readWorkloads: readonly string[]
  /** Kinds that the user may not list. */
  readonly hiddenWorkloads: readonly string[]
  /** Kinds that are not read yet, or were not while the API server does not respond. */
  readonly unreadWorkloads: readonly string[]
  readonly events: EventsView
  readonly graph: GraphView
  /** What it takes to be Ready; also for `Synced`. Absent for a reason of a newer operator. */
  readonly guide?: GuideView
  /** `120s`; absent for the interval of the operator. */
  readonly rotationInterval?: string
  /** Commands to copy, with names filled in. */
  readonly commands: readonly {
    readonly for: 'status' | 'tree' | 'refresh' | 'explain' | 'yaml'
    readonly text: string
  }[]
  readonly actions: {
    readonly refresh: Permission
    readonly suspend: Permission
    readonly resume: Permission
  }
}
