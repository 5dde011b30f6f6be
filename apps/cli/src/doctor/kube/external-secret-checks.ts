import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  type ExternalSecretStatus,
  externalSecretStatusSchema,
  reasonGuideOf,
  type StoreRef,
} from '@ack-secret-manager/resources'
import { storeLabel } from '@ack-secret-manager/stores'
import { resourcesPath } from '../../kube/collections.ts'
import type { Check, Finding } from '../check.ts'
import { groupedBy, listed } from '../../output/listed.ts'
import { findingsByCause, isOverdue, type Trouble, troubleOf } from './conditions.ts'
import { CRDS, type KubeContext, USER_ACCESS } from './kube-context.ts'
import { ifPermitted, keyOf, listAll, MAX_OBJECTS } from './kube-reads.ts'
import { type BrokenStores, STORE_STATUS } from './store-status-checks.ts'

/** An ExternalSecret of the cluster. */
interface ClusterExternalSecret extends KubeObject {
  readonly spec?: {
    readonly data?: readonly Entry[]
    readonly dataProcess?: ReadonlyArray<{ readonly extract?: Entry }>
  }
  readonly status?: unknown
}

interface Entry {
  readonly secretStoreRef?: StoreRef
}

/** Reasons that a store of the resource can be the cause of. */
const BY_STORE = new Set([
  'AuthenticationFailed',
  'Unavailable',
  'Stale',
  'InvalidSpec',
  'CrossNamespaceRefused',
  'Degraded',
])
const TITLE = 'ExternalSecrets'

/** ExternalSecrets by cause. Those whose store does not work count for their store. */
export function externalSecretChecks(context: KubeContext, broken: BrokenStores): readonly Check[] {
  return [
    {
      id: 'kube.externalsecrets',
      section: 'Resources',
      title: TITLE,
      needs: [USER_ACCESS, CRDS],
      after: STORE_STATUS,
      timeoutMs: 60_000,
      action: 'Check the API server',
      run: (signal) =>
        ifPermitted('list externalsecrets', async () => {
          const { client, scope, nowMs } = context
          const path = resourcesPath('ExternalSecret', scope.namespace)
          const { items, isCut } = await listAll<ClusterExternalSecret>(client, path, signal)
          const findings = findingsOf(items, broken, nowMs())
          return isCut
            ? [...findings, { status: 'skipped', detail: `more than ${MAX_OBJECTS} exist` } as const]
            : findings
        }),
    },
  ]
}

function findingsOf(
  resources: readonly ClusterExternalSecret[],
  broken: BrokenStores,
  nowMs: number,
): readonly Finding[] {
  const troubles: Trouble[] = []
  const waiting: Array<{ readonly store: string; readonly key: string }> = []
  const [synced, suspended, silent]: [string[], string[], string[]] = [[], [], []]
  for (const resource of resources) {
    const status = externalSecretStatusSchema.safeParse(resource.status ?? {}).data
    const ready = status?.conditions.find(({ type }) => type === 'Ready')
    const key = keyOf(resource)
    if (ready === undefined) {
      if (isOverdue(resource, nowMs)) silent.push(key)
    } else if (ready.status === 'True') synced.push(key)
    else if (ready.reason === 'Suspended') suspended.push(key)
    else {
      const store = BY_STORE.has(ready.reason) ? storesOf(resource).find((each) => broken.has(each)) : undefined
      const cause = ready.reason === 'Degraded' ? sourceReason(status) : undefined
      if (store !== undefined && (cause === undefined || BY_STORE.has(cause))) waiting.push({ store, key })
      else {
        const trouble = { ...troubleOf('ExternalSecret', resource, ready), stores: storesOf(resource) }
        troubles.push(cause === undefined ? trouble : { ...trouble, causedBy: cause })
      }
    }
  }
  return [
    ...(synced.length > 0 || resources.length === 0
      ? [{ status: 'ok', detail: `${synced.length} Synced` } as const]
      : []),
    ...findingsByCause(troubles),
    ...(silent.length === 0 ? [] : [silentFinding(silent)]),
    ...[...groupedBy(waiting, ({ store }) => store)].map(([store, group]) => waitingFinding(store, group)),
    ...(suspended.length === 0 ? [] : [suspendedFinding(suspended)]),
  ]
}

/** The stores that a resource names, as {@link storeLabel} writes them. */
function storesOf({ metadata, spec }: ClusterExternalSecret): readonly string[] {
  const entries = [...(spec?.data ?? []), ...(spec?.dataProcess ?? []).map(({ extract }) => extract ?? {})]
  const labels = entries.flatMap(({ secretStoreRef: ref }) => {
    if (ref === undefined) return []
    const home = ref.kind === 'ClusterSecretStore' ? '' : (ref.namespace ?? metadata.namespace ?? '')
    return [storeLabel(home, ref.name)]
  })
  return [...new Set(labels)]
}

/** Reason of the first source that failed: `AccessDenied: KMS secret …`. */
function sourceReason(status: ExternalSecretStatus | undefined): string | undefined {
  const failed = status?.dataSyncResults?.find((result) => result.status === 'Failed')
  const [, reason] = /^(\w+): /.exec(failed?.reason ?? '') ?? []
  return reason !== undefined && reasonGuideOf('ExternalSecret', 'Ready', reason) !== undefined ? reason : undefined
}

function waitingFinding(store: string, group: ReadonlyArray<{ readonly key: string }>): Finding {
  return {
    status: 'skipped',
    detail: `${group.length} waiting for ${store}, see above: ${listed(group.map(({ key }) => key))}`,
  }
}

function suspendedFinding(names: readonly string[]): Finding {
  const guide = reasonGuideOf('ExternalSecret', 'Ready', 'Suspended')
  return {
    status: 'skipped',
    detail: `${names.length} Suspended: ${listed(names)}: ${guide?.means ?? ''} ${guide?.cure ?? ''}`,
  }
}

function silentFinding(names: readonly string[]): Finding {
  return {
    status: 'failed',
    detail: `${names.length} without a status: ${listed(names)}`,
    action: 'Correct the operator first: it has not reconciled them, or does not watch their namespace',
  }
}
