import type { CalendarView } from './calendar.ts'
import type { GuideView } from './guide.ts'
import type { KmsView } from './kms.ts'
import type { OperatorView } from './operator.ts'
import type { PushSecretsView } from './push-secret.ts'

/** Numbers of ExternalSecrets. `total` is the sum of the others. */
export interface Counts {
  readonly total: number
  readonly ready: number
  readonly degraded: number
  readonly failing: number
  readonly pending: number
  readonly suspended: number
}

/** ExternalSecrets that are not Ready for one reason and cause, at the same endpoints: a group of `acksm status`. */
export interface CauseView {
  /** Stable while the cause is the same; for the URL. */
  readonly id: string
  /** `Unknown` before the first report. */
  readonly reason: string
  readonly cause: string
  /** {@link StoreRow.id} of each; empty if unknown or none. */
  readonly stores: readonly string[]
  /** Keys of the first 100; `count` has all. */
  readonly resources: readonly string[]
  readonly count: number
  /** ExternalSecrets that use these stores, with the ready ones. */
  readonly total: number
  /** When the first of them stopped being Ready. */
  readonly since?: string
  /** When the endpoint of one of the stores responded last. */
  readonly lastGood?: string
  /** Number of workloads that use the Secrets, by kind. */
  readonly usedBy: Readonly<Record<string, number>>
  readonly guide?: GuideView
}

/** Stores that do not work for one cause. */
export interface StoreProblemView {
  /** {@link StoreRow.id} of each. */
  readonly stores: readonly string[]
  /** The reason of Ready, or `unreachable`. */
  readonly state: string
  readonly cause: string
  readonly since?: string
}

/** What changed in the last hour, the latest first. */
export interface ChangeView {
  readonly time: string
  /**
   * `written`: the Secret got new content · `ready`, `not-ready`, `suspended`: the Ready condition changed · `created`: the resource is
   * new · `restarted`: a workload was restarted for it.
   */
  readonly kind: 'written' | 'ready' | 'not-ready' | 'suspended' | 'created' | 'restarted'
  /** Key of the ExternalSecret. */
  readonly resource: string
  /** Reason of Ready; `Kind name` of the workload for `restarted`; empty otherwise. */
  readonly text: string
}

/** The first page. */
export interface OverviewView {
  readonly counts: Counts
  /** The largest first, at most 50. */
  readonly causes: readonly CauseView[]
  /** Causes and their ExternalSecrets that {@link causes} leaves out. */
  readonly more: { readonly causes: number; readonly resources: number }
  /** At most 50 causes. */
  readonly storeProblems: readonly StoreProblemView[]
  /** Number of causes that {@link storeProblems} leaves out. */
  readonly moreStoreProblems: number
  readonly pushSecrets: PushSecretsView
  /** At most 100. */
  readonly changes: readonly ChangeView[]
  readonly calendar: CalendarView
  readonly operator: OperatorView
  readonly kms: KmsView
}
