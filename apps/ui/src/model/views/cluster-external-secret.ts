import type { Counts } from './overview.ts'

/** One ClusterExternalSecret. Its ExternalSecrets are the rows whose `createdBy` is its name. */
export interface ClusterExternalSecretRow {
  readonly name: string
  readonly state: 'ready' | 'failing' | 'pending'
  readonly reason: string
  readonly message: string
  readonly since?: string
  /** Name of its ExternalSecrets. */
  readonly externalSecretName: string
  readonly isSuspended: boolean
  /** Namespaces that have the ExternalSecret, sorted, at most 1,000. */
  readonly provisioned: readonly string[]
  readonly failed: readonly { readonly namespace: string; readonly reason: string }[]
  readonly resources: Counts
}
