import { isDeepStrictEqual } from 'node:util'
import { merged } from './applied-metadata.ts'
import type { ExternalSecretContent, FoundExternalSecret } from './cached-external-secret.ts'

/** The ExternalSecret that a ClusterExternalSecret asks for in each of its namespaces. */
export interface WantedExternalSecret extends ExternalSecretContent {
  readonly name: string
  /** UID of the ClusterExternalSecret. */
  readonly makerUid: string
}

/** A namespace as a ClusterExternalSecret sees it. */
export interface NamespaceView {
  /** The ClusterExternalSecret selects it. */
  readonly selected: boolean
  /** Who is not selected keeps what it has: not all of what selects can be understood. */
  readonly keeps: boolean
  /** It is about to go, and takes nothing new. */
  readonly terminating: boolean
  /** Its ExternalSecrets: those of the ClusterExternalSecret, and whoever has the wanted name. */
  readonly found: readonly FoundExternalSecret[]
}

/** What is to be done next in a namespace. */
export type NamespaceStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'create' }
  | { readonly kind: 'update' }
  | { readonly kind: 'delete'; readonly name: string }
  /** What has the name is about to go. */
  | { readonly kind: 'wait' }
  /** Somebody else has the name; nothing is touched. */
  | { readonly kind: 'refuse'; readonly reason: string }

/** See {@link NamespaceStep}. */
export interface NamespacePlan {
  readonly step: NamespaceStep
  /** The namespace is selected and has the ExternalSecret, up to date or not. */
  readonly provisioned: boolean
}

const NOTHING: NamespacePlan = { step: { kind: 'none' }, provisioned: false }

/**
 * What a ClusterExternalSecret does next in a namespace. One step at a time: what was made under a former name goes when the
 * new one is there. Pure: same input, same plan.
 */
export function planNamespace(wanted: WantedExternalSecret, view: NamespaceView): NamespacePlan {
  const { selected, keeps, terminating, found } = view
  if (terminating) return NOTHING
  const isOurs = ({ makerUid }: FoundExternalSecret): boolean => makerUid === wanted.makerUid
  // Without the mark nobody knows whether it is a copy that somebody made.
  const leftover = found.find(
    (one) => isOurs(one) && one.marked && !one.terminating && !(selected && one.name === wanted.name),
  )
  const leave: NamespaceStep = leftover ? { kind: 'delete', name: leftover.name } : { kind: 'none' }
  if (!selected) return keeps ? NOTHING : { step: leave, provisioned: false }
  const named = found.find(({ name }) => name === wanted.name)
  if (!named) return { step: { kind: 'create' }, provisioned: false }
  if (!isOurs(named)) return { step: { kind: 'refuse', reason: refusal(named) }, provisioned: false }
  if (named.terminating) return { step: { kind: 'wait' }, provisioned: false }
  return { step: isAsWanted(named, wanted) ? leave : { kind: 'update' }, provisioned: true }
}

/** What came of the last comparison: five thousand are looked at whenever one has changed. */
const compared = new WeakMap<FoundExternalSecret, { readonly wanted: WantedExternalSecret; readonly isSame: boolean }>()

/** Whether an ExternalSecret says what it should. Labels and annotations that others put on it do not count. */
export function isAsWanted(found: FoundExternalSecret, wanted: WantedExternalSecret): boolean {
  const last = compared.get(found)
  if (last?.wanted === wanted) return last.isSame
  const isSame = compare(found, wanted)
  compared.set(found, { wanted, isSame })
  return isSame
}

function compare({ content, marked }: FoundExternalSecret, wanted: WantedExternalSecret): boolean {
  if (!marked || content?.specDigest !== wanted.specDigest) return false
  const { labels, annotations } = content
  return isDeepStrictEqual(merged(content, wanted), { labels, annotations })
}

function refusal({ name, holder }: FoundExternalSecret): string {
  return `ExternalSecret ${name} is there and was not made by this ClusterExternalSecret: ${holder}; remove it, or choose another externalSecretName`
}
