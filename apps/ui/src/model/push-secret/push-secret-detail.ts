import { defined } from '@ack-secret-manager/core'
import {
  labelOf,
  type LivePushSecret,
  NOT_REPORTED,
  pushSecretTree,
  withoutPrefix,
} from '@ack-secret-manager/resource-view'
import { readyOf } from '@ack-secret-manager/resources'
import { conditionViews } from '../condition-views.ts'
import { pushGraphOf } from '../graph.ts'
import { explainCommand } from '../explain-command.ts'
import { guideView } from '../guide.ts'
import type { StoreObject } from '../objects.ts'
import type { SecretRead } from '../resource-detail.ts'
import { shellWord } from '../shell-word.ts'
import type { EventsView } from '../views/events.ts'
import type { PushSecretDetail } from '../views/push-secret.ts'
import type { PushSecretObject } from './push-secret-object.ts'
import { pushSecretRow } from './push-secret-row.ts'

/** What {@link pushSecretDetail} consists of. */
export interface PushSecretParts {
  readonly pushSecret: PushSecretObject
  /** By label. */
  readonly stores: ReadonlyMap<string, StoreObject>
  /** Undefined while the spec is invalid, so that no Secret is known. */
  readonly secret: SecretRead | undefined
  readonly events: EventsView
}

/** One PushSecret with everything about it. Pure. */
export function pushSecretDetail({ pushSecret, stores, secret, events }: PushSecretParts): PushSecretDetail {
  const { live, createdAt } = pushSecret
  const { namespace, name, spec, state, conditions } = live
  const ready = readyOf(live)
  const [store] = live.stores
  const nodes = new Map([...stores].map(([label, { node }]) => [label, node]))
  const guide = guideView(
    { kind: 'PushSecret', condition: 'Ready', reason: state.reason ?? '' },
    { namespace, name, store },
  )
  return {
    row: pushSecretRow(pushSecret),
    message: ready === undefined ? NOT_REPORTED : withoutPrefix(ready.message, ready.reason),
    conditions: conditionViews(conditions),
    selectedKeys: spec?.selector.keys ?? [],
    entries: (spec?.data ?? []).map(({ key, secretKey, versionStages }) => ({
      key,
      ...defined({ secretKey }),
      stages: versionStages,
    })),
    targets: live.secrets.map((each) => ({
      key: each.key,
      store: labelOf(each.store),
      state: each.state,
      message: each.reason ?? '',
      versionId: each.versionId ?? '',
      ...defined({ pushedAt: each.lastPushTime }),
    })),
    events,
    graph: pushGraphOf(pushSecretTree({ resource: live, hasSecret: secret?.state === 'present', stores: nodes })),
    commands: commandsFor(live),
    ...defined({ createdAt, source: sourceOf(live, secret), policies: policiesOf(live), guide }),
  }
}

/** Nothing of the Secret but whether it is there: its annotations can hold its content. */
function sourceOf({ namespace, spec }: LivePushSecret, secret: SecretRead | undefined): PushSecretDetail['source'] {
  if (spec === undefined || secret === undefined) return undefined
  const createdAt = secret.state === 'present' ? secret.object.metadata.creationTimestamp : undefined
  return {
    namespace,
    name: spec.selector.name,
    state: secret.state,
    isPolled: secret.isWatched === false && secret.state !== 'forbidden',
    ...defined({ createdAt }),
  }
}

function policiesOf({ spec }: LivePushSecret): PushSecretDetail['policies'] {
  if (spec === undefined) return undefined
  return {
    update: spec.updatePolicy,
    deletion: spec.deletionPolicy,
    recoveryDays: spec.recoveryWindowInDays,
    ...defined({ interval: spec.refreshInterval }),
  }
}

function commandsFor({ namespace, name, state: { reason } }: LivePushSecret): PushSecretDetail['commands'] {
  const home = `-n ${shellWord(namespace)}`
  return [
    { for: 'tree', text: `acksm tree ${shellWord(`push/${name}`)} ${home}` },
    ...explainCommand(reason),
    { for: 'yaml', text: `kubectl get pushsecrets.alibabacloud.com ${shellWord(name)} ${home} -o yaml` },
  ]
}
