import { defined } from '@ack-secret-manager/core'
import { labelOf, type LiveExternalSecret, NOT_REPORTED, withoutPrefix } from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import type { StoreObject } from './objects.ts'
import { countsOf, resourceState, shortened } from './resource-row.ts'
import type { StoreRow, StoreState } from './views/store.ts'

const MAX_MESSAGE = 300
/** Reasons with which KMS, or the operator on behalf of a store, refuses a read. */
const REFUSALS: ReadonlySet<string> = new Set(['AccessDenied', 'AuthenticationFailed', 'StoreNotAllowed'])

/** ExternalSecrets by the label of each store that they use. Pure. */
export function usersByStore(
  resources: Iterable<LiveExternalSecret>,
): ReadonlyMap<string, readonly LiveExternalSecret[]> {
  const users = new Map<string, LiveExternalSecret[]>()
  for (const resource of resources) {
    for (const store of resource.stores) {
      const label = labelOf(store)
      const known = users.get(label)
      if (known === undefined) users.set(label, [resource])
      else known.push(resource)
    }
  }
  return users
}

/** A store in the table. Pure. */
export function storeRow({ state: store, admission }: StoreObject, users: readonly LiveExternalSecret[]): StoreRow {
  const { kind, namespace, name, status } = store
  const { reason = '', lastTransitionTime } = readyOf(status) ?? {}
  const state = storeStateOf(store)
  const isUnreachable = state === 'unreachable'
  const reachable = status.conditions.find(({ type }) => type === 'Reachable')
  return {
    id: labelOf(store),
    kind,
    namespace,
    name,
    state,
    reason: isUnreachable ? (reachable?.reason ?? '') : reason,
    message: shortened(storeMessage(store), MAX_MESSAGE),
    provider: status.provider ?? '',
    endpoint: status.endpoint ?? '',
    principal: status.identity?.principal ?? '',
    account: status.identity?.account ?? '',
    ...defined({
      since: isUnreachable ? store.outage?.since : lastTransitionTime,
      clientKeyExpiration: status.clientKeyExpiration,
      lastResponse: store.outage?.lastResponse,
      lastRefusal: lastRefusal(users),
    }),
    users: countsOf(users.map((each) => ({ state: resourceState(each) }))),
    admission,
  }
}

/** What the status of a store says in full; empty if it works. Pure. */
export function storeMessage({ ready, reason, message, outage }: StoreObject['state']): string {
  if (!ready) return reason === undefined ? NOT_REPORTED : withoutPrefix(message, reason)
  return outage?.message ?? ''
}

function storeStateOf({ ready, reason, outage }: StoreObject['state']): StoreState {
  if (reason === undefined) return 'pending'
  if (!ready) return 'failing'
  return outage === undefined ? 'ready' : 'unreachable'
}

function lastRefusal(users: readonly LiveExternalSecret[]): StoreRow['lastRefusal'] {
  const refusals = users.flatMap(({ namespace, name, status }) => {
    const { reason = '', message = '', lastTransitionTime: time } = readyOf(status) ?? {}
    // The reason of one source of several is in the message only.
    const isRefusal =
      REFUSALS.has(reason) || (reason === 'Degraded' && [...REFUSALS].some((each) => message.includes(each)))
    if (!isRefusal || time === undefined) return []
    return [
      {
        time,
        reason,
        message: shortened(withoutPrefix(message, reason), MAX_MESSAGE),
        resource: `${namespace}/${name}`,
      },
    ]
  })
  return refusals.toSorted((a, b) => (a.time < b.time ? 1 : -1))[0]
}
