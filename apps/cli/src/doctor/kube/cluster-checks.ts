import type { Clock } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import type { Check } from '../check.ts'
import { apiServerChecks } from './api-server-checks.ts'
import { clusterExternalSecretChecks } from './cluster-external-secret-checks.ts'
import { pushSecretChecks } from './push-secret-checks.ts'
import { crdChecks } from './crd-checks.ts'
import { encryptionChecks } from './encryption-checks.ts'
import { eventChecks } from './event-checks.ts'
import { externalSecretChecks } from './external-secret-checks.ts'
import type { KubeContext } from './kube-context.ts'
import { operatorChecks } from './operator-checks.ts'
import { type KnownStores, storeStatusChecks } from './store-status-checks.ts'

/** Options of {@link clusterChecks}. */
export interface ClusterChecksOptions {
  readonly client: KubeClient
  /** Namespace of the resources. @default all */
  readonly namespace: string | undefined
  /** Namespace of the operator. @default searched */
  readonly operatorNamespace: string | undefined
  readonly clock: Clock
}

/** The checks of a cluster. They list and get, and ask for access reviews, which are not stored. */
export function clusterChecks({ clock, ...options }: ClusterChecksOptions): readonly Check[] {
  const context: KubeContext = { ...options, scope: { namespace: '' }, nowMs: () => clock.now() }
  const known: KnownStores = { states: new Map(), broken: new Map() }
  return [
    ...apiServerChecks(context),
    ...crdChecks(context),
    ...encryptionChecks(context),
    ...operatorChecks(context, clock),
    ...storeStatusChecks(context, known),
    ...externalSecretChecks(context, known),
    ...clusterExternalSecretChecks(context),
    ...pushSecretChecks(context),
    ...eventChecks(context),
  ]
}
