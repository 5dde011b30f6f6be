import { readyOf } from '@ack-secret-manager/resources'
import type { StoreState } from '../store-state.ts'
import { keyOf, labelOf, type LiveExternalSecret, NOT_REPORTED, type StoreName } from '../resource-objects.ts'
import type { Workload } from '../workloads/workload.ts'
import { causeOf } from './failure-cause.ts'
import { failureKeyOf, withoutOwnNames } from './failure-key.ts'

/** ExternalSecrets that are not Ready for the same reason and cause, at the same endpoints. */
export interface FailureGroup {
  /** `Unknown` before the first reconcile. */
  readonly reason: string
  readonly cause: string
  readonly stores: readonly StoreName[]
  /** `namespace/name` of each. */
  readonly resources: readonly string[]
  /** ExternalSecrets that use these stores, with the ready ones. */
  readonly total: number
  /** When the first of them stopped being Ready. */
  readonly since: string | undefined
  /** When the endpoint of one of the stores responded last. */
  readonly lastGood: string | undefined
  /** Number of workloads that use the Secrets, by kind. */
  readonly usedBy: Readonly<Record<string, number>>
}

/** What is known about the resources of a group. */
export interface GroupContext {
  readonly all: readonly LiveExternalSecret[]
  /** By label. */
  readonly stores: ReadonlyMap<string, StoreState>
  readonly workloads: readonly Workload[]
}

/** Whether an ExternalSecret counts as a failure. A suspended one does not. */
export function isFailing({ status }: LiveExternalSecret): boolean {
  const ready = readyOf(status)
  return ready?.status !== 'True' && ready?.reason !== 'Suspended'
}

/** Name of the Secret of an ExternalSecret. */
export function secretNameOf({ name, spec, status }: LiveExternalSecret): string {
  return spec?.target.name ?? status.target?.name ?? name
}

/** Groups the failing ExternalSecrets by reason, cause and endpoint, the largest group first. Pure. */
export function groupFailures(context: GroupContext): readonly FailureGroup[] {
  const groups = Map.groupBy(context.all.filter(isFailing), (each) => {
    const { reason = '', message = '' } = readyOf(each.status) ?? {}
    return failureKeyOf({ ...each, secret: secretNameOf(each), reason, message }, context.stores)
  })
  const index = indexOf(context)
  const found = [...groups.values()].map((resources) => groupOf(resources, context.stores, index))
  return found.toSorted((a, b) => b.resources.length - a.resources.length || (a.reason < b.reason ? -1 : 1))
}

/** What every group looks up, so that no group searches all resources. */
interface GroupIndex {
  /** Number of ExternalSecrets by {@link storesKeyOf}. */
  readonly totals: ReadonlyMap<string, number>
  /** By `namespace/name` of the Secret. */
  readonly users: ReadonlyMap<string, readonly Workload[]>
}

function indexOf({ all, workloads }: GroupContext): GroupIndex {
  const totals = new Map<string, number>()
  for (const { stores } of all) totals.set(storesKeyOf(stores), (totals.get(storesKeyOf(stores)) ?? 0) + 1)
  const users = new Map<string, Workload[]>()
  for (const workload of workloads) {
    for (const { secret } of workload.uses) {
      const key = `${workload.namespace}/${secret}`
      const known = users.get(key)
      if (known) known.push(workload)
      else users.set(key, [workload])
    }
  }
  return { totals, users }
}

function groupOf(
  resources: readonly LiveExternalSecret[],
  states: ReadonlyMap<string, StoreState>,
  { totals, users }: GroupIndex,
): FailureGroup {
  const [first] = resources
  const { reason = 'Unknown', message = NOT_REPORTED } = (first && readyOf(first.status)) ?? {}
  const stores = [...new Map(resources.flatMap((each) => each.stores.map((store) => [labelOf(store), store]))).values()]
  const times = resources.flatMap(({ status }) => readyOf(status)?.lastTransitionTime ?? [])
  const combinations = new Set(resources.map((each) => storesKeyOf(each.stores)))
  const used = new Set(resources.flatMap((each) => users.get(`${each.namespace}/${secretNameOf(each)}`) ?? []))
  return {
    reason,
    cause: groupCause(resources, causeOf(reason, message)),
    stores,
    resources: resources.map(keyOf),
    total: stores.length === 0 ? resources.length : sum([...combinations].map((key) => totals.get(key) ?? 0)),
    since: times.toSorted()[0],
    lastGood: latest(stores.flatMap((store) => states.get(labelOf(store))?.outage?.lastResponse ?? [])),
    usedBy: countsByKind(used),
  }
}

/** Names no single Secret, and no single namespace, where the group has several. */
function groupCause([first, ...others]: readonly LiveExternalSecret[], cause: string): string {
  if (first === undefined || others.length === 0) return cause
  const { namespace } = first
  const secret = secretNameOf(first)
  return others.every((each) => each.namespace === namespace)
    ? withoutOwnNames(cause, { namespace, stores: [], secret }).replaceAll('NAMESPACE', namespace)
    : withoutOwnNames(cause, { ...first, secret })
}

function countsByKind(workloads: Iterable<Workload>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { kind } of workloads) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

function storesKeyOf(stores: readonly StoreName[]): string {
  return stores.map(labelOf).toSorted().join()
}

function latest(times: readonly string[]): string | undefined {
  return times.toSorted().at(-1)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
