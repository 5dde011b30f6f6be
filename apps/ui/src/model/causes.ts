import { createHash } from 'node:crypto'
import {
  type FailureGroup,
  groupFailures,
  groupStores,
  keyOf,
  labelOf,
  type LiveExternalSecret,
  type StoreGroup,
  type StoreState,
  type Workload,
} from '@ack-secret-manager/resource-view'
import { guideView } from './guide.ts'
import type { CauseView, OverviewView } from './views/overview.ts'

const MAX_CAUSES = 50
const MAX_RESOURCES = 100
const MAX_STORE_PROBLEMS = 50
const ID_LENGTH = 12

/** What {@link causesOf} reads. */
export interface CauseObjects {
  readonly resources: readonly LiveExternalSecret[]
  readonly stores: readonly StoreState[]
  readonly workloads: readonly Workload[]
}

/** ExternalSecrets that are not Ready, by cause, as `acksm status` groups them. Pure. */
export function causesOf({ resources, stores, workloads }: CauseObjects): Pick<OverviewView, 'causes' | 'more'> {
  const states = new Map(stores.map((store) => [labelOf(store), store]))
  const groups = groupFailures({ all: resources, stores: states, workloads })
  const rest = groups.slice(MAX_CAUSES)
  const writtenKeys = new Set(resources.filter(({ status }) => status.target !== undefined).map(keyOf))
  return {
    causes: groups.slice(0, MAX_CAUSES).map((group) => causeView(group, writtenKeys)),
    more: { causes: rest.length, resources: rest.reduce((sum, group) => sum + group.resources.length, 0) },
  }
}

/** Stores that do not work, by cause: those that many namespaces use first, then the largest group. Pure. */
export function storeProblemsOf(
  stores: readonly StoreState[],
): Pick<OverviewView, 'storeProblems' | 'moreStoreProblems'> {
  const groups = groupStores(stores).toSorted(
    (a, b) => Number(isOfCluster(b)) - Number(isOfCluster(a)) || b.stores.length - a.stores.length,
  )
  return {
    storeProblems: groups.slice(0, MAX_STORE_PROBLEMS).map(({ stores: same, state, since, cause }) => ({
      stores: same.map(labelOf),
      state,
      cause,
      ...(since === undefined ? {} : { since }),
    })),
    moreStoreProblems: Math.max(0, groups.length - MAX_STORE_PROBLEMS),
  }
}

/** The stores of a group have one kind. */
function isOfCluster({ stores }: StoreGroup): boolean {
  return stores[0]?.kind === 'ClusterSecretStore'
}

/** @param writtenKeys of the resources whose Secret was written */
function causeView(group: FailureGroup, writtenKeys: ReadonlySet<string>): CauseView {
  const { reason, cause, stores, resources, total, since, lastGood, usedBy } = group
  const [store] = stores
  const [first = ''] = resources
  const slash = first.indexOf('/')
  const written = resources.filter((key) => writtenKeys.has(key)).length
  const guide = guideView(
    { kind: 'ExternalSecret', condition: 'Ready', reason },
    {
      // A command that takes one resource is tried with the first one.
      namespace: first.slice(0, slash),
      name: first.slice(slash + 1),
      store,
      selector: resources.length > 1 && stores.length === 1 ? store : undefined,
      written: written === resources.length ? 'all' : written === 0 ? 'none' : 'some',
    },
  )
  return {
    id: idOf(group),
    reason,
    cause,
    stores: stores.map(labelOf),
    resources: resources.slice(0, MAX_RESOURCES),
    count: resources.length,
    total,
    ...(since === undefined ? {} : { since }),
    ...(lastGood === undefined ? {} : { lastGood }),
    usedBy,
    ...(guide === undefined ? {} : { guide }),
  }
}

/** Not by its resources, which come and go; two groups with one reason and cause differ in their stores. */
function idOf({ reason, cause, stores }: FailureGroup): string {
  const text = JSON.stringify([reason, cause.replaceAll(/\d+/g, '0'), stores.map(labelOf).toSorted()])
  return createHash('sha256').update(text).digest('hex').slice(0, ID_LENGTH)
}
