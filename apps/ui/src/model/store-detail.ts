import { defined } from '@ack-secret-manager/core'
import type { LiveExternalSecret } from '@ack-secret-manager/resource-view'
import { isFailing, keyOf, stateText } from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import { graphOf } from './graph.ts'
import { guideView } from './guide.ts'
import type { StoreObject } from './objects.ts'
import { storeMessage, storeRow } from './store-row.ts'
import type { EventsView } from './views/events.ts'
import type { StoreDetail } from './views/store.ts'

/** One store with what its page shows. Pure. */
export function storeDetail(
  store: StoreObject,
  { users, events }: { readonly users: readonly LiveExternalSecret[]; readonly events: EventsView },
): StoreDetail {
  const row = storeRow(store, users)
  const condition = row.state === 'unreachable' ? 'Reachable' : 'Ready'
  const resources = users.map((each) => ({
    kind: 'ExternalSecret',
    namespace: each.namespace,
    name: each.name,
    ready: !isFailing(each),
    details: stateText({ reason: readyOf(each.status)?.reason, message: '' }),
  }))
  return {
    row,
    message: storeMessage(store.state),
    // The failing ones first: the graph shows a limited number.
    graph: graphOf({
      ...store.node,
      children: [...(store.node.children ?? []), ...resources.toSorted(byState)],
    }),
    events,
    ...defined({
      guide: guideView({ kind: 'SecretStore', condition, reason: row.reason }, { store: store.state }),
    }),
  }
}

function byState(
  a: { readonly ready: boolean; readonly namespace: string; readonly name: string },
  b: { readonly ready: boolean; readonly namespace: string; readonly name: string },
): number {
  return Number(a.ready) - Number(b.ready) || (keyOf(a) < keyOf(b) ? -1 : 1)
}
