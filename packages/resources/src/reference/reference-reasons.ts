import { ERROR_CODES, type ReadyReason, reasonOf, retryOf } from '@ack-secret-manager/core'
import {
  CLUSTER_EXTERNAL_SECRET_REASONS,
  EXTERNAL_SECRET_REASONS,
  type ReasonText,
  STORE_REACHABLE_REASONS,
  STORE_REASONS,
} from './reason-texts.ts'
import { GENERATED, tableMarkdown } from './reference-table.ts'

const RETRIES: Readonly<Record<ReturnType<typeof retryOf>, string>> = {
  transient: 'soon, with growing pauses of up to five minutes',
  settled: 'at the interval',
  'on-change': 'when the resource or what it refers to changes',
}

/** Where no error code says when to look again. */
const OWN_RETRIES: Partial<Record<ReadyReason, string>> = {
  Synced: 'at the interval',
  Suspended: 'when the resource changes',
  Degraded: 'each source as its own reason says',
  Stale: RETRIES.transient,
  TargetConflict: 'within seconds of a change of the Secret',
  // Others can grant a permission at any moment.
  InvalidForType: RETRIES.transient,
  WriteFailed: RETRIES.transient,
}

/** The reference page of reasons, as Markdown. */
export function reasonsMarkdown(): string {
  const rows = Object.entries(EXTERNAL_SECRET_REASONS).map(([reason, { means, cure, secret }]) => {
    return [`\`${reason}\``, means, cure, secret, nextOf(reason as ReadyReason)]
  })
  const parts = [
    GENERATED,
    '# Reasons',
    'Every resource has a condition `Ready`. `kubectl get` shows its status and reason, `kubectl describe` its message, which names the secret, the field and mostly the cure, and never a value. Programs may rely on the reasons; messages may change.',
    '## ExternalSecret',
    'Ready is True with `Synced` and False with all others. `acksm sync` and `acksm render` use the same reasons.',
    tableMarkdown(['Reason', 'Cause', 'Cure', 'The Secret', 'Looked at again'], rows),
    '## SecretStore and ClusterSecretStore',
    'While a store is not Ready, resources that use it tell the same reason and message. It is looked at again at once when it, its Secret or its ServiceAccount changes, and every minute until it is Ready.',
    textTable(STORE_REASONS),
    'The condition `Reachable` says whether reads get answers. It is absent until a resource reads through the store, and changes only with an outage or its end. It does not change Ready: a store stays Ready while KMS is unavailable.',
    textTable(STORE_REACHABLE_REASONS),
    'The condition `Warning` with reason `LookAt` stands beside Ready where a store works and people should know something, such as a client key that expires.',
    '## ClusterExternalSecret',
    textTable(CLUSTER_EXTERNAL_SECRET_REASONS),
  ]
  return `${parts.join('\n\n')}\n`
}

function textTable(reasons: Readonly<Record<string, ReasonText>>): string {
  const rows = Object.entries(reasons).map(([reason, { means, cure }]) => [`\`${reason}\``, means, cure])
  return tableMarkdown(['Reason', 'Cause', 'Cure'], rows)
}

function nextOf(reason: ReadyReason): string {
  const retries = ERROR_CODES.filter((code) => reasonOf(code) === reason).map((code) => RETRIES[retryOf(code)])
  return OWN_RETRIES[reason] ?? [...new Set(retries)].join('; or ')
}
