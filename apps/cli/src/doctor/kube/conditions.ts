import type { KubeObject } from '@ack-secret-manager/k8s-client'
import type { Condition, GuidedKind } from '@ack-secret-manager/resources'
import { causeKeyOf } from '../../status/overview/failure-cause.ts'
import type { FailedFinding, Finding } from '../check.ts'
import { groupedBy, listed } from '../../output/listed.ts'
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
  /** Labels of the stores of an ExternalSecret. */
  readonly stores?: readonly string[]
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

/** One failed finding for each reason, cause and store, as `status` groups, with its resources and the message of the first. Pure. */
export function findingsByCause(troubles: readonly Trouble[]): readonly Finding[] {
  const keyOfCause = ({ condition, reason, message, causedBy = '', stores = [] }: Trouble): string =>
    JSON.stringify([condition, reason, causedBy, causeKeyOf(reason, message), stores])
  const groups = [...groupedBy(troubles, keyOfCause).values()]
  return limited(groups, (group) => {
    const [first] = group
    if (first === undefined) return []
    const count = group.length === 1 ? '' : `${group.length} `
    return [failed(first, `${count}${reasonText(first)}: ${listed(group.map(({ key }) => key))}: ${ownMessage(first)}`)]
  })
}

/** One failed finding for each resource, whose title names it. Pure. */
export function findingsByResource(troubles: readonly Trouble[], kind: string): readonly Finding[] {
  return limited(troubles, (trouble) => [
    { ...failed(trouble, `${reasonText(trouble)}: ${ownMessage(trouble)}`), title: `${kind} ${trouble.key}` },
  ])
}

function limited<T>(groups: readonly T[], findingsOf: (group: T) => readonly Finding[]): readonly Finding[] {
  const more = groups.length - MAX_GROUPS
  const findings = groups.slice(0, MAX_GROUPS).flatMap(findingsOf)
  return more > 0 ? [...findings, { status: 'skipped', detail: `${more} more` }] : findings
}

function failed({ kind, condition, reason, causedBy = reason }: Trouble, detail: string): FailedFinding {
  return { status: 'failed', reason, detail, action: reasonAction(kind, condition, causedBy) }
}

/** The reason, with its condition where it is not Ready. */
function reasonText({ condition, reason }: Trouble): string {
  return condition === 'Ready' || condition === reason ? reason : `${condition} ${reason}`
}

/** The message without the reason and the resource that it may begin with. */
function ownMessage({ key, reason, message }: Trouble): string {
  const text = message.startsWith(`${reason}: `) ? message.slice(reason.length + 2) : message
  return text.replace(/^(?:Cluster)?SecretStore (\S+): /, (prefix, store: string) => (store === key ? '' : prefix))
}
