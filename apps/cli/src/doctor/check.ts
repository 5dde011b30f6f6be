/** What a check has found out about one thing. */
export type Finding =
  | { readonly status: 'ok'; readonly title?: string; readonly detail: string }
  | FailedFinding
  | {
      readonly status: 'skipped'
      readonly title?: string
      /** Why there is no answer. */
      readonly detail: string
      /** See {@link FailedFinding.resources}. */
      readonly resources?: readonly string[]
    }

/** Something that is wrong, with the one thing to do about it. */
export interface FailedFinding {
  readonly status: 'failed'
  readonly title?: string
  readonly detail: string
  readonly action: string
  /** Condition reason in Kubernetes, as the reference page of reasons lists it. */
  readonly reason?: string
  /** Id of the check that finds the cause. If that one fails, this finding is skipped. */
  readonly consequenceOf?: string
  /** Whether checks that need this one are skipped. False for what works now, and needs attention. @default true */
  readonly blocks?: boolean
  /** `namespace/name` of all resources of the cluster that it is about; the detail names the first of them. */
  readonly resources?: readonly string[]
}

/** Sections of the report, in their order. */
export const SECTIONS = [
  'Network',
  'Identity',
  'Stores',
  'Secrets',
  'Tokens',
  'Quotas',
  'Queues',
  'Cluster',
  'Operator',
  'Resources',
] as const

/** See {@link SECTIONS}. */
export type Section = (typeof SECTIONS)[number]

/** One check. It only reads, and its findings contain no value. */
export interface Check {
  /** Unique and stable: `network.dns.kms.cn-hangzhou.aliyuncs.com`. */
  readonly id: string
  readonly section: Section
  readonly title: string
  /** Ids of earlier checks that must be fine; otherwise this one is skipped. */
  readonly needs: readonly string[]
  /** Ids of earlier checks that must have ended, whatever their result. @default none */
  readonly after?: readonly string[]
  /** What stays unknown if it is skipped: the start of the detail. @default the reason alone */
  readonly unknown?: string
  readonly timeoutMs: number
  /** What to do if the check fails or does not end in time. */
  readonly action: string
  /**
   * @throws SecretSyncError that becomes a failed finding with {@link Check.action}
   */
  readonly run: (signal: AbortSignal) => Promise<Finding | readonly Finding[]>
}

/** A check with its findings; none if there is nothing to say. */
export interface CheckResult {
  readonly check: Check
  readonly findings: readonly Finding[]
  readonly durationMs: number
}
