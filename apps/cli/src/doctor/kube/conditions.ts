import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  failureKeyOf,
  keyOf,
  type StoreName,
  type StoreState,
  withoutOwnNames,
} from '@ack-secret-manager/resource-view'
import type { Condition, GuidedKind } from '@ack-secret-manager/resources'
import { groupedBy, listed } from '../../output/listed.ts'
import { storesText } from '../../status/overview/stores-text.ts'
import type { FailedFinding, Finding } from '../check.ts'
import { reasonAction } from '../reason-action.ts'

/** A resource with one of its conditions that is not fine. */
export interface Trouble {
  readonly kind: GuidedKind
  readonly namespace: string
  readonly name: string
  /** Type of the condition. */
  readonly condition: string
  readonly reason: string
  readonly message: string
  /** The reason that decides what to do, if it is another one. @default reason */
  readonly causedBy?: string
  /** Name of the Secret of an ExternalSecret. */
  readonly secret?: string
  /** The stores of an ExternalSecret; of a store itself. */
  readonly stores: readonly StoreName[]
}

/** A trouble of a store. */
export interface StoreTrouble extends Trouble {
  readonly store: StoreName
}

/** A resource without a status gets one within seconds; before that it is not a problem. */
export const STATUS_GRACE_MS = 60_000

/** Whether a resource is older than the time that the operator needs for its first status. */
export function isOverdue({ metadata }: Pick<KubeObject, 'metadata'>, nowMs: number): boolean {
  return nowMs - Date.parse(metadata.creationTimestamp ?? '') > STATUS_GRACE_MS
}

/** A trouble of a condition. */
export function troubleOf(
  kind: GuidedKind,
  { namespace, name }: Pick<Trouble, 'namespace' | 'name'>,
  { type, reason, message }: Pick<Condition, 'type' | 'reason' | 'message'>,
): Trouble {
  return { kind, namespace, name, condition: type, reason, message, stores: [] }
}

/** Troubles with one fix. */
export interface TroubleGroup<T extends Trouble = Trouble> {
  readonly first: T
  readonly all: readonly T[]
}

/**
 * Troubles with the same condition, reason, cause and endpoint, in whatever namespace, as `status` groups them; the largest group first.
 * `states` has the stores by label. Pure.
 */
export function groupTroubles<T extends Trouble>(
  troubles: readonly T[],
  states: ReadonlyMap<string, StoreState>,
): ReadonlyArray<TroubleGroup<T>> {
  const keyOfGroup = (trouble: T): string =>
    JSON.stringify([
      trouble.condition,
      trouble.causedBy ?? '',
      failureKeyOf({ ...trouble, message: ownMessage(trouble) }, states),
    ])
  const groups = [...groupedBy(troubles, keyOfGroup).values()]
  return groups
    .flatMap(([first, ...others]) => (first === undefined ? [] : [{ first, all: [first, ...others] }]))
    .toSorted((a, b) => b.all.length - a.all.length)
}

/** One failed finding for each group of ExternalSecrets. Pure. */
export function findingsByCause(
  troubles: readonly Trouble[],
  states: ReadonlyMap<string, StoreState>,
): readonly Finding[] {
  return groupTroubles(troubles, states).map((group) => {
    const { first, all } = group
    const names = all.map(keyOf)
    const count = names.length === 1 ? '' : `${names.length} `
    return failed(first, `${count}${reasonText(first)}: ${listed(names)}: ${groupMessage(group)}`, names)
  })
}

/** The failed finding of stores with the same problem, whose title names them. Pure. */
export function storesFinding(group: TroubleGroup<StoreTrouble>): Finding {
  const { first, all } = group
  const title = storesText(
    all.map(({ store }) => store),
    false,
  )
  return { ...failed(first, `${reasonText(first)}: ${groupMessage(group)}`, all.map(keyOf)), title }
}

/** One failed finding for each resource, whose title names it. Pure. */
export function findingsByResource(troubles: readonly Trouble[], kind: string): readonly Finding[] {
  return troubles.map((trouble) => {
    const key = keyOf(trouble)
    return { ...failed(trouble, `${reasonText(trouble)}: ${ownMessage(trouble)}`, [key]), title: `${kind} ${key}` }
  })
}

function failed(
  { kind, condition, reason, causedBy = reason }: Trouble,
  detail: string,
  resources: readonly string[],
): FailedFinding {
  return { status: 'failed', reason, detail, action: reasonAction(kind, condition, causedBy), resources }
}

/** The reason, with its condition where it is not Ready. */
function reasonText({ condition, reason }: Trouble): string {
  return condition === 'Ready' || condition === reason ? reason : `${condition} ${reason}`
}

/** The message of the first, without its namespace where the group has several. */
function groupMessage({ first, all }: TroubleGroup): string {
  const message = ownMessage(first)
  return all.every(({ namespace }) => namespace === first.namespace) ? message : withoutOwnNames(message, first)
}

/** The message without the reason and the store that it may begin with. */
function ownMessage({ reason, message, ...trouble }: Trouble): string {
  const text = message.startsWith(`${reason}: `) ? message.slice(reason.length + 2) : message
  return text.replace(/^(?:Cluster)?SecretStore (\S+): /, (prefix, store: string) =>
    store === keyOf(trouble) ? '' : prefix,
  )
}
