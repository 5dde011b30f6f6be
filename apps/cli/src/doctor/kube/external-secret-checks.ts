import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { keyOf, labelOf, liveExternalSecret, secretNameOf, type StoreName } from '@ack-secret-manager/resource-view'
import { type ExternalSecretStatus, readyOf, reasonGuideOf, resourcesPath } from '@ack-secret-manager/resources'
import { groupedBy, listed } from '../../output/listed.ts'
import { storesText } from '../../status/overview/stores-text.ts'
import type { Check, Finding } from '../check.ts'
import { findingsByCause, isOverdue, type Trouble, troubleOf } from './conditions.ts'
import { CRDS, type KubeContext, USER_ACCESS } from './kube-context.ts'
import { ifPermitted, listAll, MAX_OBJECTS } from './kube-reads.ts'
import { type KnownStores, STORE_STATUS } from './store-status-checks.ts'

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
export function externalSecretChecks(context: KubeContext, known: KnownStores): readonly Check[] {
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
          const { items, isCut } = await listAll<KubeObject>(client, path, signal)
          const findings = externalSecretFindings(items, known, nowMs())
          return isCut
            ? [...findings, { status: 'skipped', detail: `more than ${MAX_OBJECTS} exist` } as const]
            : findings
        }),
    },
  ]
}

/** An ExternalSecret that waits for stores with the same problem. */
interface Waiting {
  readonly key: string
  readonly stores: readonly StoreName[]
}

/** Findings of ExternalSecrets, with what is known of their stores. Pure. */
export function externalSecretFindings(
  objects: readonly KubeObject[],
  { states, broken }: KnownStores,
  nowMs: number,
): readonly Finding[] {
  const troubles: Trouble[] = []
  const waiting: Waiting[] = []
  const [synced, suspended, silent]: [string[], string[], string[]] = [[], [], []]
  for (const resource of objects.map(liveExternalSecret)) {
    const { status, stores } = resource
    const ready = readyOf(status)
    const key = keyOf(resource)
    if (ready === undefined) {
      if (isOverdue(resource, nowMs)) silent.push(key)
    } else if (ready.status === 'True') synced.push(key)
    else if (ready.reason === 'Suspended') suspended.push(key)
    else {
      const causes = BY_STORE.has(ready.reason) ? stores.map((store) => broken.get(labelOf(store))) : []
      const same = causes.find((each) => each !== undefined)
      const cause = ready.reason === 'Degraded' ? sourceReason(status) : undefined
      if (same !== undefined && (cause === undefined || BY_STORE.has(cause))) waiting.push({ key, stores: same })
      else {
        const trouble = { ...troubleOf('ExternalSecret', resource, ready), secret: secretNameOf(resource), stores }
        troubles.push(cause === undefined ? trouble : { ...trouble, causedBy: cause })
      }
    }
  }
  return [
    ...(synced.length > 0 || objects.length === 0
      ? [{ status: 'ok', detail: `${synced.length} Synced` } as const]
      : []),
    ...findingsByCause(troubles, states),
    ...(silent.length === 0 ? [] : [silentFinding(silent)]),
    ...waitingFindings(waiting),
    ...(suspended.length === 0 ? [] : [suspendedFinding(suspended)]),
  ]
}

/** Reason of the first source that failed: `AccessDenied: KMS secret …`. */
function sourceReason(status: ExternalSecretStatus | undefined): string | undefined {
  const failed = status?.dataSyncResults?.find((result) => result.status === 'Failed')
  const [, reason] = /^(\w+): /.exec(failed?.reason ?? '') ?? []
  return reason !== undefined && reasonGuideOf('ExternalSecret', 'Ready', reason) !== undefined ? reason : undefined
}

/** One finding for the resources of all stores with the same problem, the largest first. */
function waitingFindings(waiting: readonly Waiting[]): readonly Finding[] {
  const groups = [...groupedBy(waiting, ({ stores }) => stores.map(labelOf).join()).values()]
  return groups
    .toSorted((a, b) => b.length - a.length)
    .map((group) => {
      const names = group.map(({ key }) => key)
      const stores = storesText(group[0]?.stores ?? [], false)
      return {
        status: 'skipped',
        detail: `${names.length} waiting for ${stores}, see above: ${listed(names)}`,
        resources: names,
      }
    })
}

function suspendedFinding(names: readonly string[]): Finding {
  const guide = reasonGuideOf('ExternalSecret', 'Ready', 'Suspended')
  return {
    status: 'skipped',
    detail: `${names.length} Suspended: ${listed(names)}: ${guide?.means ?? ''} ${guide?.cure ?? ''}`,
    resources: names,
  }
}

function silentFinding(names: readonly string[]): Finding {
  return {
    status: 'failed',
    detail: `${names.length} without a status: ${listed(names)}`,
    action: 'Correct the operator first: it has not reconciled them, or does not watch their namespace',
    resources: names,
  }
}
