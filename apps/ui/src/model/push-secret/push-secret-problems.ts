import { defined } from '@ack-secret-manager/core'
import { groupPushSecrets, labelOf, storesOfGroup, type StoreState } from '@ack-secret-manager/resource-view'
import type { PushSecretsView } from '../views/push-secret.ts'
import type { PushSecretObject } from './push-secret-object.ts'
import { pushSecretId } from './push-secret-row.ts'

const MAX_PROBLEMS = 20
const MAX_NAMED = 20
const MAX_STORES = 10

/** PushSecrets that are not Ready, by cause. Pure. */
export function pushProblemsOf(
  pushSecrets: Iterable<PushSecretObject>,
  stores: readonly StoreState[],
): Omit<PushSecretsView, 'counts'> {
  const states = new Map(stores.map((store) => [labelOf(store), store]))
  const groups = groupPushSecrets(
    [...pushSecrets].map(({ live }) => live),
    states,
  )
  return {
    problems: groups.slice(0, MAX_PROBLEMS).map((group) => ({
      reason: group.reason,
      cause: group.cause,
      stores: storesOfGroup(group).slice(0, MAX_STORES),
      pushSecrets: group.pushSecrets.slice(0, MAX_NAMED).map(pushSecretId),
      count: group.pushSecrets.length,
      ...defined({ since: group.since }),
    })),
    more: Math.max(0, groups.length - MAX_PROBLEMS),
  }
}
