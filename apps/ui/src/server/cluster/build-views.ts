import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { labelOf, type LiveExternalSecret, type OperatorState } from '@ack-secret-manager/resource-view'
import { calendarOf } from '../../model/calendar.ts'
import { causesOf, storeProblemsOf } from '../../model/causes.ts'
import { changesOf } from '../../model/changes.ts'
import { clusterExternalSecretRow, resourcesByCreator } from '../../model/cluster-external-secret-row.ts'
import { type ClusterHealth, clusterView } from '../../model/cluster-view.ts'
import { operatorStateFrom, operatorView } from '../../model/operator-view.ts'
import { countsOf, resourceRow } from '../../model/resource-row.ts'
import { storeRow, usersByStore } from '../../model/store-row.ts'
import type { PushSecretObject } from '../../model/push-secret/push-secret-object.ts'
import { pushProblemsOf } from '../../model/push-secret/push-secret-problems.ts'
import { pushSecretCounts, pushSecretId, pushSecretRow } from '../../model/push-secret/push-secret-row.ts'
import type { WorkloadObject } from '../../model/objects.ts'
import type { ClusterExternalSecretRow } from '../../model/views/cluster-external-secret.ts'
import type { AccessView, ClusterView, ReadState } from '../../model/views/access.ts'
import type { KmsView } from '../../model/views/kms.ts'
import type { OverviewView } from '../../model/views/overview.ts'
import type { PushSecretRow } from '../../model/views/push-secret.ts'
import type { ResourceRow } from '../../model/views/resource-row.ts'
import type { StoreRow } from '../../model/views/store.ts'
import type { Collections } from './collections.ts'

/** What all pages but the details show. */
export interface Views {
  readonly cluster: ClusterView
  readonly access: readonly AccessView[]
  readonly overview: OverviewView
  /** Shown in details only. */
  readonly workloads: readonly WorkloadObject[]
  /** By the id of the row, which does not have everything of the details. */
  readonly pushSecretObjects: ReadonlyMap<string, PushSecretObject>
  readonly resources: ReadonlyMap<string, ResourceRow>
  readonly stores: ReadonlyMap<string, StoreRow>
  readonly clusterExternalSecrets: ReadonlyMap<string, ClusterExternalSecretRow>
  readonly pushSecrets: ReadonlyMap<string, PushSecretRow>
}

/** What {@link buildViews} reads besides the collections. */
export interface ViewContext {
  readonly startedAt: string
  readonly nowMs: number
  readonly health: ClusterHealth
  /** Monotonic time of the last sign of the API server. */
  readonly heardMs: number
  readonly operatorNamespace: string | undefined
  readonly kms: KmsView
  /** Rows of objects that have not changed. */
  readonly rows: WeakMap<LiveExternalSecret, ResourceRow>
  readonly pushRows: WeakMap<PushSecretObject, PushSecretRow>
}

/** Everything that the pages show, from what the collections hold now. */
export function buildViews(collections: Collections, context: ViewContext): Views {
  const resources = [...collections.resources.values()]
  const stores = [...collections.stores.values(), ...collections.clusterStores.values()]
  const states = stores.map(({ state }) => state)
  const workloads = collections.workloads.flatMap((each) => [...each.values()])
  const rows = new Map(resources.map((each) => [keyOfRow(each), kept(each, context.rows, resourceRow)]))
  const pushSecrets = [...collections.pushSecrets.values()]
  const pushRows = pushSecrets.map((each) => kept(each, context.pushRows, pushSecretRow))
  const users = usersByStore(resources)
  const created = resourcesByCreator(resources)
  const access = collections.all.map(({ view }) => view)
  return {
    cluster: clusterView(access, {
      isUnauthenticated: collections.all.some(({ isUnauthenticated }) => isUnauthenticated),
      startedAt: context.startedAt,
      health: context.health,
    }),
    access,
    workloads,
    overview: {
      counts: countsOf(rows.values()),
      ...causesOf({ resources, stores: states, workloads }),
      ...storeProblemsOf(states),
      pushSecrets: { counts: pushSecretCounts(pushRows), ...pushProblemsOf(pushSecrets, states) },
      changes: changesOf(resources, workloads, context.nowMs),
      calendar: calendarOf(resources),
      operator: operatorView(operatorStateNow(collections, context), {
        pods: collections.operatorPods.visible,
        isUnconfirmable: isUnreadable(collections.bindings?.state),
      }),
      kms: context.kms,
    },
    resources: rows,
    stores: new Map(
      stores.map((store) => [labelOf(store.state), storeRow(store, users.get(labelOf(store.state)) ?? [])]),
    ),
    clusterExternalSecrets: new Map(
      [...collections.clusterExternalSecrets.values()].map((each) => [
        each.state.name,
        clusterExternalSecretRow(each, created.get(each.state.name) ?? []),
      ]),
    ),
    pushSecrets: new Map(pushRows.map((row) => [row.id, row])),
    pushSecretObjects: new Map(pushSecrets.map((each) => [pushSecretId(each.live), each])),
  }
}

/** The operator, from what the collections hold now. */
export function operatorStateNow(
  { operatorDeployments, leases, renewals, operatorPods, bindings }: Collections,
  { operatorNamespace, nowMs, heardMs }: Pick<ViewContext, 'operatorNamespace' | 'nowMs' | 'heardMs'>,
): OperatorState {
  const objects = {
    deployments: operatorDeployments.visible,
    leases: leases.visible,
    pods: operatorPods.visible,
    bindings: [...(bindings?.values() ?? [])],
    given: operatorNamespace,
    isHeld: (lease: KubeObject) => renewals.isHeld(lease, heardMs),
  }
  return operatorStateFrom(objects, nowMs)
}

function isUnreadable(state: ReadState | undefined): boolean {
  return state === 'forbidden' || state === 'absent' || state === 'disconnected'
}

function keyOfRow({ namespace, name }: LiveExternalSecret): string {
  return `${namespace}/${name}`
}

/** The row of an object that has not changed is the same one. */
function kept<T extends object, Row>(object: T, rows: WeakMap<T, Row>, rowOf: (object: T) => Row): Row {
  const known = rows.get(object)
  if (known !== undefined) return known
  const row = rowOf(object)
  rows.set(object, row)
  return row
}
