import { isDeepStrictEqual } from 'node:util'
import { mergeMetadata } from './applied-metadata.ts'
import type { ExternalSecretContent, CachedExternalSecret } from './cached-external-secret.ts'

/** The ExternalSecret that a ClusterExternalSecret creates in each of its namespaces. */
export interface DesiredExternalSecret extends ExternalSecretContent {
  readonly name: string
  /** UID of the ClusterExternalSecret. */
  readonly ownerUid: string
  /** Its Secret outlives it, see `deletionPolicy`. */
  readonly isRetained: boolean
}

/** State of a namespace with respect to one ClusterExternalSecret. */
export interface NamespaceView {
  /** The ClusterExternalSecret selects it. */
  readonly selected: boolean
  /** Namespaces that are not selected keep their ExternalSecret, because a selector is invalid. */
  readonly keepsUnselected: boolean
  /** It is being deleted and rejects new objects. */
  readonly terminating: boolean
  /** Its ExternalSecrets that the ClusterExternalSecret owns, and the one with the desired name. */
  readonly cached: readonly CachedExternalSecret[]
}

/** The next write in a namespace. */
export type NamespaceStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'create' }
  | { readonly kind: 'update' }
  /** Sets `Retain` before the deletion, because the ExternalSecret may have been created, or changed by a user, with `Delete`. */
  | { readonly kind: 'retain'; readonly name: string }
  | { readonly kind: 'delete'; readonly name: string }
  /** The state of an ExternalSecret must change before the next write. */
  | { readonly kind: 'wait'; readonly reason: string }
  /** An ExternalSecret of that name has another owner and is not changed. */
  | { readonly kind: 'refuse'; readonly reason: string }

/** See {@link NamespaceStep}. */
export interface NamespacePlan {
  readonly step: NamespaceStep
  /** The namespace is selected and has the ExternalSecret, up to date or not. */
  readonly provisioned: boolean
}

const NO_ACTION: NamespacePlan = { step: { kind: 'none' }, provisioned: false }

/**
 * Decides the next write in a namespace. After a rename the old ExternalSecret is deleted only once the new one exists. Pure: same
 * input, same plan.
 */
export function planNamespace(externalSecret: DesiredExternalSecret, view: NamespaceView): NamespacePlan {
  const { selected, keepsUnselected, terminating, cached } = view
  if (terminating) return NO_ACTION
  const isOurs = ({ ownerUid }: CachedExternalSecret): boolean => ownerUid === externalSecret.ownerUid
  // Without the annotation it may be a user's copy.
  const outdated = cached.find(
    (one) => isOurs(one) && one.createdHere && !one.terminating && !(selected && one.name === externalSecret.name),
  )
  const cleanup: NamespaceStep = outdated ? deletionOf(outdated, externalSecret) : { kind: 'none' }
  if (!selected) return keepsUnselected ? NO_ACTION : { step: cleanup, provisioned: false }
  const named = cached.find(({ name }) => name === externalSecret.name)
  if (!named) return { step: { kind: 'create' }, provisioned: false }
  if (!isOurs(named)) return { step: { kind: 'refuse', reason: conflictReason(named) }, provisioned: false }
  if (named.terminating) {
    return { step: { kind: 'wait', reason: `ExternalSecret ${named.name} is being deleted` }, provisioned: false }
  }
  return { step: isUpToDate(named, externalSecret) ? cleanup : { kind: 'update' }, provisioned: true }
}

/** With `Retain`, an ExternalSecret is deleted only once its Secret has the policy. */
function deletionOf({ name, retention }: CachedExternalSecret, { isRetained }: DesiredExternalSecret): NamespaceStep {
  if (!isRetained || retention === 'recorded') return { kind: 'delete', name }
  if (retention === 'unset') return { kind: 'retain', name }
  const reason = `ExternalSecret ${name} is deleted once its status.observedGeneration is its generation, without WriteFailed, because deletionPolicy is Retain`
  return { kind: 'wait', reason }
}

/** Result of the last comparison, because each change compares up to five thousand ExternalSecrets. */
const compared = new WeakMap<
  CachedExternalSecret,
  { readonly externalSecret: DesiredExternalSecret; readonly isSame: boolean }
>()

/** Whether an ExternalSecret has the desired content. Labels and annotations of other writers are ignored. */
export function isUpToDate(cached: CachedExternalSecret, externalSecret: DesiredExternalSecret): boolean {
  const last = compared.get(cached)
  if (last?.externalSecret === externalSecret) return last.isSame
  const isSame = compare(cached, externalSecret)
  compared.set(cached, { externalSecret, isSame })
  return isSame
}

function compare({ content, createdHere }: CachedExternalSecret, externalSecret: DesiredExternalSecret): boolean {
  if (!createdHere || content?.specDigest !== externalSecret.specDigest) return false
  const { labels, annotations } = content
  return isDeepStrictEqual(mergeMetadata(content, externalSecret), { labels, annotations })
}

function conflictReason({ name, ownerText }: CachedExternalSecret): string {
  return `ExternalSecret ${name} already exists and was not created by this ClusterExternalSecret: ${ownerText}; delete it (--cascade=orphan keeps its Secret), or choose another externalSecretName`
}
