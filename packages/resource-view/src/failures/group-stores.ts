import type { StoreState } from '../store-state.ts'
import { labelOf, NOT_REPORTED } from '../resource-objects.ts'
import { failureKeyOf, withoutOwnNames } from './failure-key.ts'

/** Stores that do not work for the same reason. */
export interface StoreGroup {
  readonly stores: readonly StoreState[]
  /** The reason of the Ready condition, or `unreachable`. */
  readonly state: string
  /** When the first of them became unreachable. */
  readonly since: string | undefined
  readonly cause: string
}

/** Groups the stores that are not Ready or not reachable by kind, cause and endpoint, in their order. Pure. */
export function groupStores(stores: readonly StoreState[]): readonly StoreGroup[] {
  const states = new Map(stores.map((store) => [labelOf(store), store]))
  const groups = new Map<string, StoreState[]>()
  for (const store of stores) {
    const failure = failureOf(store)
    if (failure === undefined) continue
    const { state, message } = failure
    const { kind, namespace } = store
    const key = `${kind} ${failureKeyOf({ reason: state, message, namespace, stores: [store] }, states)}`
    const group = groups.get(key)
    if (group) group.push(store)
    else groups.set(key, [store])
  }
  return [...groups.values()].flatMap(groupOf)
}

function groupOf(stores: readonly StoreState[]): readonly StoreGroup[] {
  const [first, ...others] = stores
  const failure = first && failureOf(first)
  if (first === undefined || failure === undefined) return []
  const { state, message } = failure
  const cause = others.length === 0 ? message : withoutOwnNames(message, { ...first, stores })
  const since = stores.flatMap(({ outage }) => outage?.since ?? []).toSorted()[0]
  return [{ stores, state, since: state === UNREACHABLE ? since : undefined, cause }]
}

const UNREACHABLE = 'unreachable'

function failureOf({ ready, reason, message, outage }: StoreState) {
  if (!ready) return { state: reason ?? 'not ready', message: message || NOT_REPORTED }
  return outage && { state: UNREACHABLE, message: outage.message }
}
