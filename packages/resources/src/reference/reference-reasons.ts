import { ERROR_CODES, type ReadyReason, reasonOf, retryOf } from '@ack-secret-manager/core'
import {
  CLUSTER_EXTERNAL_SECRET_REASONS,
  EVENT_REASONS,
  EXTERNAL_SECRET_REASONS,
  type ReasonText,
  STORE_REACHABLE_REASONS,
  STORE_REASONS,
  STORE_WARNINGS,
} from './reason-texts.ts'
import { PUSH_SECRET_REASONS } from './push-secret-reasons.ts'
import { type GuidedKind, reasonAnchor } from './reason-anchor.ts'
import { GENERATED, tableMarkdown } from './reference-table.ts'

const RETRIES: Readonly<Record<ReturnType<typeof retryOf>, string>> = {
  transient: 'with backoff, up to five minutes',
  'at-interval': 'at the interval',
  'on-change': 'when the resource or an object that it references changes',
}

/** Retries of reasons that no error code has, or that differ from those of the code. */
const OWN_RETRIES: Partial<Record<ReadyReason, string>> = {
  Synced: 'at the interval',
  Suspended: 'when the resource changes',
  Degraded: 'per source, according to its reason',
  Stale: RETRIES.transient,
  TargetConflict: 'within seconds of a change of the Secret',
  TooLarge: 'at the interval; within five minutes after others have made room in the Secret',
  // A permission can be granted at any time.
  InvalidForType: RETRIES.transient,
  WriteFailed: RETRIES.transient,
}

/** The reference page of reasons, as Markdown. */
export function reasonsMarkdown(): string {
  const rows = Object.entries(EXTERNAL_SECRET_REASONS).map(([reason, { means, cure, secret }]) => {
    return [reasonCell('ExternalSecret', 'Ready', reason), means, cure, secret, retriesOf(reason as ReadyReason)]
  })
  const parts = [
    GENERATED,
    '# Reasons',
    'Every resource has a condition `Ready`. `kubectl get` shows its status and reason, `kubectl describe` its message. The message names the secret, the field and usually the fix, and never contains a value. Programs may rely on reasons; messages may change.',
    '## ExternalSecret',
    'Ready is True with `Synced` and False with every other reason. `acksm sync` and `acksm render` use the same reasons.',
    tableMarkdown(['Reason', 'Cause', 'Fix', 'The Secret', 'Retried'], rows),
    '## SecretStore and ClusterSecretStore',
    'While a store is not Ready, ExternalSecrets that use it have the same reason and message. A store is reconciled when it, its Secret or its ServiceAccount changes, and every minute until it is Ready.',
    textTable('SecretStore', STORE_REASONS),
    'The condition `Reachable` shows whether the endpoint responds to reads. It is absent until a resource reads through the store, and changes only at the start and end of an outage. It does not affect Ready: a store stays Ready while KMS is unavailable.',
    textTable('SecretStore', STORE_REACHABLE_REASONS, 'Reachable'),
    'A store that works can have two more conditions, each with an event. They are absent otherwise.',
    textTable('SecretStore', STORE_WARNINGS),
    '## ClusterExternalSecret',
    textTable('ClusterExternalSecret', CLUSTER_EXTERNAL_SECRET_REASONS),
    '## PushSecret',
    'Ready is True with `Synced` and False with every other reason. Whatever the reason, KMS keeps the values that it has.',
    textTable('PushSecret', PUSH_SECRET_REASONS),
    '## Events',
    'A condition that becomes False has an event with its reason, and so has its recovery. A new Secret has an event too, unless a hundred statuses wait, as when a cluster is restored: the status says the same. Some reasons are those of events only. `acksm explain REASON` knows all of them.',
    textTable('ExternalSecret', EVENT_REASONS, 'Event'),
  ]
  return `${parts.join('\n\n')}\n`
}

function textTable(kind: GuidedKind, reasons: Readonly<Record<string, ReasonText>>, condition = 'Ready'): string {
  const rows = Object.entries(reasons).map(([reason, { means, cure }]) => [
    reasonCell(kind, condition, reason),
    means,
    cure,
  ])
  return tableMarkdown(['Reason', 'Cause', 'Fix'], rows)
}

/** The reason with the anchor that links and `acksm explain` lead to. */
function reasonCell(kind: GuidedKind, condition: string, reason: string): string {
  return `<a id="${reasonAnchor(kind, condition, reason)}"></a>\`${reason}\``
}

/** When the operator tries again after this reason. */
export function retriesOf(reason: ReadyReason): string {
  const retries = ERROR_CODES.filter((code) => reasonOf(code) === reason).map((code) => RETRIES[retryOf(code)])
  return OWN_RETRIES[reason] ?? [...new Set(retries)].join('; or ')
}
