import { readyOf } from '@ack-secret-manager/resources'
import type { LivePushSecret } from '../live-push-secret.ts'
import { labelOf, NOT_REPORTED, type StoreName } from '../resource-objects.ts'
import type { StoreState } from '../store-state.ts'
import { causeOf } from './failure-cause.ts'
import { failureKeyOf, withoutOwnNames } from './failure-key.ts'

/** PushSecrets that are not Ready for the same reason and cause, at the same endpoints. */
export interface PushSecretGroup {
  /** `Unknown` before the first reconcile. */
  readonly reason: string
  readonly cause: string
  readonly pushSecrets: readonly LivePushSecret[]
  /** When the first of them stopped being Ready. */
  readonly since: string | undefined
}

/** Groups the PushSecrets that are not Ready, the largest group first. `states` has the stores by label. Pure. */
export function groupPushSecrets(
  all: Iterable<LivePushSecret>,
  states: ReadonlyMap<string, StoreState>,
): readonly PushSecretGroup[] {
  const failing = [...all].filter(({ state }) => !state.ready)
  const groups = Map.groupBy(failing, (each) => {
    const { reason = '', message } = each.state
    return failureKeyOf({ reason, message, ...namesOf(each) }, states)
  })
  return [...groups.values()]
    .flatMap(groupOf)
    .toSorted((a, b) => b.pushSecrets.length - a.pushSecrets.length || (a.reason < b.reason ? -1 : 1))
}

function groupOf(pushSecrets: readonly LivePushSecret[]): readonly PushSecretGroup[] {
  const [first, ...others] = pushSecrets
  if (first === undefined) return []
  const { reason, message } = first.state
  const cause = reason === undefined ? NOT_REPORTED : causeOf(reason, message)
  const times = pushSecrets.flatMap((each) => readyOf(each)?.lastTransitionTime ?? [])
  return [
    {
      reason: reason ?? 'Unknown',
      cause: others.length === 0 ? cause : withoutOwnNames(cause, namesOf(first)),
      pushSecrets,
      since: times.toSorted()[0],
    },
  ]
}

/** The store of the spec: former ones differ between PushSecrets that fail for one cause. */
function namesOf({ namespace, spec, stores }: LivePushSecret): {
  readonly namespace: string
  readonly secret?: string
  readonly stores: readonly StoreName[]
} {
  if (spec === undefined) return { namespace, stores: [] }
  return { namespace, secret: spec.selector.name, stores: stores.slice(0, 1) }
}

/** Labels of the stores of a group, each once. Pure. */
export function storesOfGroup({ pushSecrets }: PushSecretGroup): readonly string[] {
  return [...new Set(pushSecrets.flatMap((each) => namesOf(each).stores.map(labelOf)))]
}
