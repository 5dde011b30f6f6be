import type { KubeObject } from '@ack-secret-manager/k8s-client'
import type { Condition, GuidedKind } from '@ack-secret-manager/resources'
import type { Finding } from '../check.ts'
import { groupedBy, listed } from '../listed.ts'
import { reasonAction } from '../reason-action.ts'
import { keyOf } from './kube-reads.ts'

/** A resource with one of its conditions that is not fine. */
export interface Trouble {
  readonly kind: GuidedKind
  /** `default/shop` */
  readonly key: string
  /** Type of the condition. */
  readonly condition: string
  readonly reason: string
  readonly message: string
  /** The reason that decides what to do, if it is another one. @default reason */
  readonly causedBy?: string
}

/** Findings of one kind; more are counted. */
const MAX_GROUPS = 40
/** A resource without a status gets one within seconds; before that it is not a problem. */
export const STATUS_GRACE_MS = 60_000

/** Whether a resource is older than the time that the operator needs for its first status. */
export function isOverdue({ metadata }: KubeObject, nowMs: number): boolean {
  return nowMs - Date.parse(metadata.creationTimestamp ?? '') > STATUS_GRACE_MS
}

/** A trouble of a condition. */
export function troubleOf(
  kind: GuidedKind,
  object: KubeObject,
  { type, reason, message }: Pick<Condition, 'type' | 'reason' | 'message'>,
): Trouble {
  return { kind, key: keyOf(object), condition: type, reason, message }
}

/** By cause: many resources have the same. By resource: each has its own. */
export type TroubleGroups = 'cause' | 'resource'

/** One failed finding for each group, with its resources and the message of the first. Pure. */
export function findingsOfTroubles(title: string, troubles: readonly Trouble[], by: TroubleGroups): readonly Finding[] {
  const groups = [
    ...groupedBy(troubles, ({ key, condition, reason, causedBy = '' }) =>
      [condition, reason, causedBy, by === 'resource' ? key : ''].join(' '),
    ),
  ]
  const findings = groups.slice(0, MAX_GROUPS).flatMap(([, group]): Finding[] => {
    const [first] = group
    if (first === undefined) return []
    const { kind, condition, reason, message, causedBy = reason } = first
    const names = listed(group.map(({ key }) => key))
    const where = condition === 'Ready' || condition === reason ? reason : `${condition} ${reason}`
    return [
      {
        status: 'failed',
        title,
        reason,
        detail: `${group.length} ${where}: ${names}: ${message}`,
        action: reasonAction(kind, condition, causedBy),
      },
    ]
  })
  const more = groups.length - MAX_GROUPS
  return more > 0 ? [...findings, { status: 'skipped', title, detail: `${more} more causes` }] : findings
}
