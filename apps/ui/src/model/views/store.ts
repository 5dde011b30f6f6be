import type { Counts } from './overview.ts'
import type { EventsView } from './events.ts'
import type { GraphView } from './graph.ts'
import type { GuideView } from './guide.ts'

/** `unreachable`: Ready, but its endpoint does not respond. */
export type StoreState = 'ready' | 'unreachable' | 'failing' | 'pending'

/** Who may use a store, from its spec. Everything is absent if all may. */
export interface AdmissionView {
  /** Each is one way to be admitted. `namespaces`: names; `regexes`: RE2; `labels`: a selector as kubectl prints it. */
  readonly conditions: readonly {
    readonly namespaces: readonly string[]
    readonly regexes: readonly string[]
    readonly labels: string
  }[]
  readonly allow: readonly {
    /** Empty for all that are admitted. */
    readonly namespaces: readonly string[]
    readonly secrets: readonly string[]
    readonly endpoints: readonly string[]
  }[]
  readonly maxSecretsPerNamespace?: number
  readonly maxReadsPerSecond?: number
}

/** One SecretStore or ClusterSecretStore. */
export interface StoreRow {
  /** `SecretStore prod/kms`, `ClusterSecretStore shared`; unique. */
  readonly id: string
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  /** Empty for a ClusterSecretStore. */
  readonly namespace: string
  readonly name: string
  readonly state: StoreState
  /** Reason of Ready, or of Reachable for `unreachable`; empty before the first report. */
  readonly reason: string
  readonly message: string
  readonly since?: string
  /** `KMS`, `OOS`, or that of a package; empty before the first report. */
  readonly provider: string
  readonly endpoint: string
  /** ARN from STS, or a description of the configured identity; empty before the first report. */
  readonly principal: string
  readonly account: string
  readonly clientKeyExpiration?: string
  /** Last response before the outage. */
  readonly lastResponse?: string
  readonly users: Counts
  readonly admission: AdmissionView
  /** The last time that KMS or the operator refused a read through the store. */
  readonly lastRefusal?: {
    readonly time: string
    readonly reason: string
    readonly message: string
    /** Key of the ExternalSecret. */
    readonly resource: string
  }
}

/** One store with what is read for its page only. Its resources are the rows with its id. */
export interface StoreDetail {
  readonly row: StoreRow
  /** Message of its condition in full. */
  readonly message: string
  readonly guide?: GuideView
  readonly graph: GraphView
  readonly events: EventsView
}
