import type { ObservedSecret, OwnerRecord, TargetRef, UnfinishedReplacement } from '@ack-secret-manager/core'
import type { KubeObject, ObjectMeta, OwnerReference } from '@ack-secret-manager/k8s-client'
import { contentDigestOf } from '../provenance/content-digest-annotation.ts'
import { Interner } from '../provenance/interner.ts'
import { type ManagedData, managedDataOf } from '../provenance/managed-data.ts'
import {
  ADOPT_ANNOTATION,
  APP_MANAGED_BY_LABEL,
  CONTENT_DIGEST_ANNOTATION,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  OWNER_ANNOTATION,
  PROVENANCE_ANNOTATION,
} from '../names.ts'
import { foreignMetadataOf, isSetAsRecorded } from '../provenance/object-metadata.ts'
import { isCollected, isOurReference, ownerAnnotationOf } from '../provenance/owner-references.ts'
import { decodeProvenance, type RecordedProvenance } from '../provenance/provenance.ts'
import { replacedBy } from '../replacement/replacement.ts'

/** What is kept of a Secret: what we know of it, and what a patch needs besides. Small: there may be ten thousand. */
export interface KnownSecret {
  readonly observed: ObservedSecret
  /** Records as the annotation holds them. */
  readonly recorded: ReadonlyMap<string, OwnerRecord>
  /** Tells one content of that annotation from another; empty when there is none. */
  readonly recordedSum: string
  /** Recorded keys that `managedFields` does not show as ours, with a mark that changes when somebody writes them again. */
  readonly suspects: ReadonlyMap<string, string>
  /** Mark of the writes under our name, see {@link ManagedData}. */
  readonly ourWrites: string
  /** Mark of the writes under other names. */
  readonly otherWrites: string
  readonly references: readonly OwnerReference[]
  /** Our label is on it: the watch sees it. */
  readonly isLabelled: boolean
  /** The label of those that we created is on it. */
  readonly isCreatedLabelled: boolean
  /** What it is to take the place of, where it is a replacement. */
  readonly replaces: UnfinishedReplacement | undefined
}

const NO_NAMES: readonly string[] = []
const NO_KEYS: ReadonlySet<string> = new Set()
const NO_RECORDS: ReadonlyMap<string, OwnerRecord> = new Map()
const NO_KEY_RECORDS: OwnerRecord['keys'] = new Map()
const NO_SUSPECTS: ReadonlyMap<string, string> = new Map()
const NO_REFERENCES: readonly OwnerReference[] = []

/** Names that thousands of Secrets repeat. */
const strings = new Interner()

/** Reads an object's metadata. Whatever others wrote into it gives at worst a Secret of which nothing is known. */
export function knownSecretOf({ metadata }: KubeObject): KnownSecret {
  const target: TargetRef = { namespace: strings.of(metadata.namespace ?? ''), name: metadata.name ?? '' }
  const provenance = provenanceOf(metadata, target)
  const replaces = replacedBy(metadata)
  const recorded = provenance?.records ?? retainedRecords(metadata, target)
  const keys = recordedKeysOf({ recorded })
  const data = managedDataOf(metadata.managedFields)
  const suspects = suspectsOf(keys, data, metadata)
  const foreign = [...data.theirs.keys()].filter((key) => !keys.has(key))
  const references = metadata.ownerReferences?.map(shared) ?? NO_REFERENCES
  const controller = references.find((reference) => reference.controller === true)
  return {
    observed: {
      target,
      uid: metadata.uid ?? '',
      resourceVersion: metadata.resourceVersion ?? '',
      type: provenance?.type,
      immutable: [...recorded.values()].some(({ immutable }) => immutable),
      controller: controller && { kind: kindOf(controller), name: controller.name, uid: controller.uid },
      records: recorded,
      drifted: suspects.size === 0 ? NO_NAMES : [...suspects.keys()],
      foreignKeys: foreign.length === 0 ? NO_KEYS : new Set(foreign),
      adoptRequested: metadata.annotations?.[ADOPT_ANNOTATION] === 'true',
      foreignMetadata: foreignMetadataOf(metadata, recorded),
      metadataDrifted: !replaces && isMetadataDrifted(metadata, target, provenance),
    },
    recorded,
    recordedSum: provenance?.sum ?? '',
    suspects,
    ourWrites: strings.of(data.ourWrites),
    otherWrites: strings.of(data.otherWrites),
    references,
    isLabelled: metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY,
    isCreatedLabelled: metadata.labels?.[APP_MANAGED_BY_LABEL] === MANAGED_BY,
    replaces,
  }
}

/** Keys of all records. */
export function recordedKeysOf({ recorded }: Pick<KnownSecret, 'recorded'>): ReadonlySet<string> {
  return new Set([...recorded.values()].flatMap((record) => [...record.keys.keys()]))
}

/** Owners that have, or by the owner references should have, a record in it. */
export function ownerNamesOf({ observed, references, replaces }: KnownSecret): ReadonlySet<string> {
  if (replaces) return new Set([replaces.ownerName])
  const referring = references.filter((reference) => isOurReference(reference)).map(({ name }) => name)
  return new Set([...observed.records.keys(), ...referring])
}

function shared(reference: OwnerReference): OwnerReference {
  return { ...reference, apiVersion: strings.of(reference.apiVersion), kind: strings.of(reference.kind) }
}

function provenanceOf({ annotations }: ObjectMeta, target: TargetRef): RecordedProvenance | undefined {
  const text = annotations?.[PROVENANCE_ANNOTATION]
  return text === undefined ? undefined : decodeProvenance(text, target)
}

/** Without its record a retained Secret is still that of the owner whom the annotation names; what it holds is to be found out. */
function retainedRecords({ annotations }: ObjectMeta, { namespace }: TargetRef): ReadonlyMap<string, OwnerRecord> {
  const owner = annotations?.[OWNER_ANNOTATION]
  const name = owner?.startsWith(`${namespace}/`) ? owner.slice(namespace.length + 1) : ''
  if (name === '') return NO_RECORDS
  return new Map([[name, { keys: NO_KEY_RECORDS, digestKeyId: '', creation: 'owner', deletion: 'retain' }]])
}

function suspectsOf(
  recorded: ReadonlySet<string>,
  { ours, theirs }: ManagedData,
  { resourceVersion = '' }: ObjectMeta,
): ReadonlyMap<string, string> {
  const missing = [...recorded].filter((key) => !ours.has(key))
  if (missing.length === 0) return NO_SUSPECTS
  // In nobody's book: it was removed, or the book was cleared. Then every version is another question.
  return new Map(missing.map((key) => [key, theirs.get(key) ?? `at ${resourceVersion}`]))
}

/** Other operators have an ExternalSecret too: one that is not ours is told with its group. */
function kindOf(reference: OwnerReference): string {
  const [group, version] = reference.apiVersion.split('/')
  return isOurReference(reference) || version === undefined ? reference.kind : `${reference.kind}.${group}`
}

function isMetadataDrifted(
  metadata: ObjectMeta,
  target: TargetRef,
  provenance: RecordedProvenance | undefined,
): boolean {
  const { labels = {}, annotations = {}, ownerReferences = NO_REFERENCES } = metadata
  const isLabelled = labels[MANAGED_BY_LABEL] === MANAGED_BY
  const marks = [PROVENANCE_ANNOTATION, CONTENT_DIGEST_ANNOTATION, OWNER_ANNOTATION]
  if (!provenance) {
    return (
      isLabelled ||
      marks.some((name) => annotations[name] !== undefined) ||
      ownerReferences.some((one) => isOurController(one))
    )
  }
  if (!isLabelled || annotations[CONTENT_DIGEST_ANNOTATION] !== contentDigestOf(provenance)) return true
  if (annotations[OWNER_ANNOTATION] !== ownerAnnotationOf(provenance.records, target.namespace)) return true
  if (![...provenance.records.values()].every((record) => isSetAsRecorded(metadata, record))) return true
  const isReferred = (name: string): boolean => ownerReferences.some((one) => isOurController(one, name))
  return [...provenance.records].some(([name, record]) => isCollected(record) !== isReferred(name))
}

function isOurController(reference: OwnerReference, name?: string): boolean {
  return reference.controller === true && isOurReference(reference, name)
}
