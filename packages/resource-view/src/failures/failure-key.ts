import type { StoreState } from '../store-state.ts'
import { labelOf, type StoreName } from '../resource-objects.ts'
import { causeKeyOf } from './failure-cause.ts'

/** A failure of a resource, or of a store. */
export interface Failure {
  readonly reason: string
  readonly message: string
  /** Namespace of the resource. */
  readonly namespace: string
  /** Name of the Secret that the resource writes. */
  readonly secret?: string
  readonly stores: readonly StoreName[]
}

/**
 * Equal for failures that are one group: the same reason and cause at the same endpoints, in whatever namespace. The identity counts
 * where the cause is about it, because the fix is in its policy. `states` has the stores by label. Pure.
 */
export function failureKeyOf(failure: Failure, states: ReadonlyMap<string, StoreState>): string {
  const { reason, message, stores } = failure
  const known = stores.flatMap((store) => states.get(labelOf(store))?.status ?? [])
  const endpoints = known.map(({ endpoint }) => endpoint)
  const identities = isAboutIdentity(reason, message) ? known.map(({ identity }) => identity?.principal) : []
  const cause = withoutOwnNames(causeKeyOf(reason, message), failure)
  return JSON.stringify([reason, cause, distinct(endpoints), distinct(identities)])
}

/** A text with `NAMESPACE` and `NAME` in place of the names of one resource, where they are part of the name of an object. Pure. */
export function withoutOwnNames(
  text: string,
  { namespace, stores, secret }: Omit<Failure, 'reason' | 'message'>,
): string {
  let plain = text
  const namespaces = distinct([namespace, ...stores.map((store) => store.namespace)]).filter((each) => each !== '')
  for (const each of namespaces) {
    const name = escaped(each)
    const own = secret === undefined ? undefined : new RegExp(`\\bSecret ${name}/${escaped(secret)}(?![\\w.-])`, 'g')
    if (own !== undefined) plain = plain.replaceAll(own, 'Secret NAMESPACE/NAME')
    plain = plain.replaceAll(
      new RegExp(`(?<![\\w./"-])${name}(?=/)|(?<=\\bnamespace )${name}(?![\\w.-])`, 'g'),
      'NAMESPACE',
    )
  }
  return plain
}

/** Also for the name of a Secret in a forged status. */
function escaped(name: string): string {
  return name.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

function isAboutIdentity(reason: string, message: string): boolean {
  return /\b(?:AccessDenied|AuthenticationFailed)\b/.test(`${reason}: ${message}`)
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)]
}
