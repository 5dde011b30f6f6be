import { defined } from '@ack-secret-manager/core'
import { labelOf, type LivePushSecret, withoutPrefix } from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import { shortened } from '../resource-row.ts'
import type { PushSecretCounts, PushSecretRow, PushSecretState } from '../views/push-secret.ts'
import type { PushSecretObject } from './push-secret-object.ts'

/** The rest of a message is in the details. */
const MAX_MESSAGE = 200
/** A row is in memory and in the stream for each PushSecret. */
const MAX_STORES = 10

/** A PushSecret in the table. Pure. */
export function pushSecretRow({ live, isDeleting, isOutdated }: PushSecretObject): PushSecretRow {
  const { namespace, name, spec, secrets, stores } = live
  const { reason = '', message = '', lastTransitionTime } = readyOf(live) ?? {}
  const pushedAt = secrets
    .flatMap(({ lastPushTime }) => lastPushTime ?? [])
    .toSorted()
    .at(-1)
  return {
    id: pushSecretId(live),
    namespace,
    name,
    state: stateOf(live),
    reason,
    message: shortened(withoutPrefix(message, reason), MAX_MESSAGE),
    ...defined({ since: lastTransitionTime, pushedAt }),
    secret: spec?.selector.name ?? '',
    stores: stores.slice(0, MAX_STORES).map(labelOf),
    total: secrets.length,
    failed: secrets.filter(({ state }) => state === 'Failed' || state === 'Deleting').length,
    isOutdated,
    isDeleting,
  }
}

/** `PushSecret shop/web`: unlike that of an ExternalSecret, so that both can have one name. */
export function pushSecretId({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return labelOf({ kind: 'PushSecret', namespace, name })
}

/** Numbers of PushSecrets by state. Pure. */
export function pushSecretCounts(rows: Iterable<Pick<PushSecretRow, 'state'>>): PushSecretCounts {
  const counts = { total: 0, ready: 0, degraded: 0, failing: 0, pending: 0 }
  for (const { state } of rows) {
    counts.total += 1
    counts[state] += 1
  }
  return counts
}

function stateOf({ state: { ready, reason }, secrets }: LivePushSecret): PushSecretState {
  if (ready) return 'ready'
  if (reason === undefined) return 'pending'
  return secrets.some(({ state }) => state === 'Pushed' || state === 'Kept') ? 'degraded' : 'failing'
}
