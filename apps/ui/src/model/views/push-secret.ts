import type { EventsView } from './events.ts'
import type { GraphView } from './graph.ts'
import type { GuideView } from './guide.ts'
import type { ConditionView, TargetView } from './resource-detail.ts'

/**
 * `ready` · `degraded`: not Ready, but some of its KMS secrets are as they should be · `failing`: not Ready, and none is ·
 * `pending`: the operator has not reported yet. Every state but `ready` counts as not ready, as in `acksm status`.
 */
export type PushSecretState = 'ready' | 'degraded' | 'failing' | 'pending'

/** Numbers of PushSecrets by state. */
export type PushSecretCounts = { readonly total: number } & Readonly<Record<PushSecretState, number>>

/** One PushSecret in the table. Everything is text from the cluster, as in {@link ResourceRow}. */
export interface PushSecretRow {
  /** `PushSecret shop/web`; unique. */
  readonly id: string
  readonly namespace: string
  readonly name: string
  readonly state: PushSecretState
  /** Reason of Ready; empty before the first report. */
  readonly reason: string
  /** Message of it, at most 200 characters; {@link PushSecretDetail.message} has all. */
  readonly message: string
  readonly since?: string
  /** Name of the Secret that it pushes; empty while the spec is invalid. */
  readonly secret: string
  /** {@link StoreRow.id} of the store of the spec, then of former ones that still have KMS secrets; at most 10. */
  readonly stores: readonly string[]
  /** KMS secrets of the status, and those of them with a failure. */
  readonly total: number
  readonly failed: number
  /** The last push of one of them. */
  readonly pushedAt?: string
  /** The operator has not handled the latest spec yet. */
  readonly isOutdated: boolean
  readonly isDeleting: boolean
}

/** A KMS secret that a PushSecret writes or has written. Never a value. */
export interface PushedView {
  /** Its name in KMS. */
  readonly key: string
  /** {@link StoreRow.id} */
  readonly store: string
  /** As in the status: `Kept`: it existed, and is left as it is · `Deleting`: its deletion has failed so far. */
  readonly state: 'Pending' | 'Pushed' | 'Kept' | 'Failed' | 'Deleting'
  /** Why it failed; may be empty. */
  readonly message: string
  readonly versionId: string
  readonly pushedAt?: string
}

/** An entry of the spec: what is pushed, and where to. */
export interface PushEntryView {
  /** Name of the KMS secret, or a template that gives it. */
  readonly key: string
  /** Key of the Secret; absent for all of {@link PushSecretDetail.selectedKeys} as one document. */
  readonly secretKey?: string
  /** Stages besides `ACSCurrent`. */
  readonly stages: readonly string[]
}

/** One PushSecret with everything about it. */
export interface PushSecretDetail {
  readonly row: PushSecretRow
  /** Message of Ready in full. */
  readonly message: string
  readonly createdAt?: string
  readonly conditions: readonly ConditionView[]
  /** The Secret, from its metadata only; absent while the spec is invalid. */
  readonly source?: Pick<TargetView, 'namespace' | 'name' | 'state' | 'isPolled'> & { readonly createdAt?: string }
  /** Keys that the selector names; empty for all of the Secret. */
  readonly selectedKeys: readonly string[]
  /** Of the spec. */
  readonly entries: readonly PushEntryView[]
  /** Of the status. */
  readonly targets: readonly PushedView[]
  /** Of the spec; absent while it is invalid. */
  readonly policies?: {
    readonly update: 'Replace' | 'IfNotExists'
    readonly deletion: 'None' | 'Delete'
    readonly recoveryDays: number
    /** `1h`; absent for the default. */
    readonly interval?: string
  }
  readonly events: EventsView
  readonly graph: GraphView
  /** Absent for a reason of a newer operator. */
  readonly guide?: GuideView
  /** Commands to copy, with names filled in. */
  readonly commands: readonly { readonly for: 'tree' | 'explain' | 'yaml'; readonly text: string }[]
}

/** PushSecrets that are not Ready for one reason and cause. */
export interface PushProblemView {
  /** `Unknown` before the first report. */
  readonly reason: string
  readonly cause: string
  /** {@link StoreRow.id} of each, at most 10. */
  readonly stores: readonly string[]
  /** Ids of the first 20; `count` has all. */
  readonly pushSecrets: readonly string[]
  readonly count: number
  /** When the first of them stopped being Ready. */
  readonly since?: string
}

/** PushSecrets on the first page. */
export interface PushSecretsView {
  readonly counts: PushSecretCounts
  /** The largest first, at most 20. */
  readonly problems: readonly PushProblemView[]
  /** Problems that are left out. */
  readonly more: number
}
