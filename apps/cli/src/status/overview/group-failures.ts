import type { StoreState } from '../../kube/store-state.ts'
import { keyOf, labelOf, type LiveExternalSecret, readyOf, type StoreName } from '../../kube/resource-objects.ts'
import { usesStore } from '../../kube/select-external-secrets.ts'
import type { Workload } from '../../kube/workloads/read-workloads.ts'
import { causeKeyOf, causeOf } from './failure-cause.ts'

/** ExternalSecrets that are not Ready for the same reason, through the same stores. */
export interface FailureGroup {
  /** `Unknown` before the first reconcile. */
  readonly reason: string
  readonly cause: string
  readonly stores: readonly StoreName[]
  /** `namespace/name` of each. */
  readonly resources: readonly string[]
  /** ExternalSecrets that use the same stores, with the ready ones. */
  readonly total: number
  /** When the first of them stopped being Ready. */
  readonly since: string | undefined
  /** When the endpoint of the store responded last. */
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

/** Groups the failing ExternalSecrets by stores, reason and cause, the largest group first. Pure. */
export function groupFailures(context: GroupContext): readonly FailureGroup[] {
  const groups = new Map<string, LiveExternalSecret[]>()
  for (const each of context.all.filter(isFailing)) {
    const { reason = '', message = '' } = readyOf(each.status) ?? {}
    const key = JSON.stringify([reason, causeKeyOf(reason, message), each.stores.map(labelOf)])
    const group = groups.get(key)
    if (group) group.push(each)
    else groups.set(key, [each])
  }
  const found = [...groups.values()].map((resources) => groupOf(resources, context))
  return found.toSorted((a, b) => b.resources.length - a.resources.length || (a.reason < b.reason ? -1 : 1))
}

function groupOf(resources: readonly LiveExternalSecret[], { all, stores, workloads }: GroupContext): FailureGroup {
  const [first] = resources
  const { reason = 'Unknown', message = 'the operator has not reported on it yet' } =
    (first && readyOf(first.status)) ?? {}
  const used = first?.stores ?? []
  const times = resources.flatMap(({ status }) => readyOf(status)?.lastTransitionTime ?? [])
  const secrets = new Set(resources.map((each) => `${each.namespace}/${secretNameOf(each)}`))
  const users = workloads.filter(({ namespace, uses }) =>
    uses.some(({ secret }) => secrets.has(`${namespace}/${secret}`)),
  )
  const usedBy: Record<string, number> = {}
  for (const { kind } of users) usedBy[kind] = (usedBy[kind] ?? 0) + 1
  return {
    reason,
    cause: causeOf(reason, message),
    stores: used,
    resources: resources.map(keyOf),
    total:
      used.length === 0 ? resources.length : all.filter((each) => used.every((store) => usesStore(each, store))).length,
    since: times.toSorted()[0],
    lastGood: used.map((store) => stores.get(labelOf(store))?.outage?.lastResponse).find((time) => time !== undefined),
    usedBy,
  }
}
