import {
  Interner,
  type ObservedSecret,
  type OwnerRecord,
  type TargetRef,
  type UnfinishedReplacement,
} from '@ack-secret-manager/core'
import { FIELD_MANAGER, type KubeObject, type ObjectMeta, type OwnerReference } from '@ack-secret-manager/k8s-client'
import {
  ADOPT_ANNOTATION,
  APP_MANAGED_BY_LABEL,
  MANAGED_BY_LABEL,
  MANAGED_BY_VALUE,
  OWNER_ANNOTATION,
  PROVENANCE_ANNOTATION,
} from '@ack-secret-manager/resources'
import { isMetadataDrifted, possiblyDriftedKeys } from '../drift/metadata-drift.ts'
import { managedDataOf } from '../provenance/managed-data.ts'
import { foreignMetadataOf } from '../provenance/object-metadata.ts'
import { isOurReference } from '../provenance/owner-references.ts'
import { decodeProvenance, type RecordedProvenance } from '../provenance/provenance.ts'
import { replacedBy } from '../replacement/replacement.ts'
import { MetadataBudget } from './metadata-budget.ts'
import { entryBytesOf } from './metadata-size.ts'

/** Cached metadata of a Secret, and what a patch needs. Small, because there can be ten thousand. */
export interface SecretCacheEntry {
  readonly observed: ObservedSecret
  /** Records of the provenance annotation. */
  readonly recorded: ReadonlyMap<string, OwnerRecord>
  /** Checksum of that annotation; empty without one. */
  readonly provenanceSum: string
  /** Recorded keys that the operator does not own by `managedFields`, with a mark that changes with each write by another manager. */
  readonly possiblyDrifted: ReadonlyMap<string, string>
  /** Mark of the writes under our field manager, see {@link ManagedData}. */
  readonly ourWrites: string
  /** Mark of the writes under other field managers. */
  readonly otherWrites: string
  readonly references: readonly OwnerReference[]
  /** Has the managed-by label, so the watch covers it. */
  readonly isLabelled: boolean
  /** Has the label that marks Secrets created by the operator. */
  readonly isCreatedByOperator: boolean
  /** For a replacement: the Secret that it replaces. */
  readonly replaces: UnfinishedReplacement | undefined
  /** How much of the entry counts against the {@link MetadataBudget}. */
  readonly excessBytes: number
}

/** What is known of a Secret without its records. */
export type SecretIdentity = Pick<SecretCacheEntry, 'isLabelled' | 'isCreatedByOperator' | 'replaces'> & {
  readonly observed: Pick<ObservedSecret, 'target' | 'uid' | 'resourceVersion'>
}

const NO_NAMES: readonly string[] = []
const NO_KEYS: ReadonlySet<string> = new Set()
const NO_RECORDS: ReadonlyMap<string, OwnerRecord> = new Map()
const NO_KEY_RECORDS: OwnerRecord['keys'] = new Map()
const NO_REFERENCES: readonly OwnerReference[] = []

/** Shared strings, because thousands of Secrets repeat them. */
const strings = new Interner()

export function identityOf(metadata: ObjectMeta): SecretIdentity {
  const { namespace = '', name = '', uid = '', resourceVersion = '', labels } = metadata
  return {
    observed: { target: { namespace: strings.of(namespace), name }, uid, resourceVersion },
    isLabelled: labels?.[MANAGED_BY_LABEL] === MANAGED_BY_VALUE,
    isCreatedByOperator: labels?.[APP_MANAGED_BY_LABEL] === MANAGED_BY_VALUE,
    replaces: replacedBy(metadata),
  }
}

/** Upper bound of the share of the entry in the {@link MetadataBudget}, without decoding its records. */
export function excessBytesOf(metadata: ObjectMeta): number {
  return MetadataBudget.excessOf(entryBytesOf(metadata))
}

/** Creates an entry from metadata. Invalid annotations count as absent. */
export function cacheEntryOf({ metadata }: KubeObject): SecretCacheEntry {
  const { observed, isLabelled, isCreatedByOperator, replaces } = identityOf(metadata)
  const { target, uid, resourceVersion } = observed
  const provenance = provenanceOf(metadata, target)
  const recorded = provenance?.records ?? retainedRecords(metadata, target)
  const keys = recordedKeysOf({ recorded })
  const data = managedDataOf(metadata.managedFields)
  const possiblyDrifted = possiblyDriftedKeys(keys, data, metadata)
  const foreign = [...data.theirs.keys(), ...data.applied].filter((key) => !keys.has(key))
  const references = metadata.ownerReferences?.map(interned) ?? NO_REFERENCES
  const controller = references.find((reference) => reference.controller === true)
  // No spread: it costs 60 bytes per Secret.
  return {
    observed: {
      target,
      uid,
      resourceVersion,
      type: provenance?.type,
      immutable: [...recorded.values()].some(({ immutable }) => immutable),
      controller: controller && { kind: kindOf(controller), name: controller.name, uid: controller.uid },
      records: recorded,
      drifted: possiblyDrifted.size === 0 ? NO_NAMES : [...possiblyDrifted.keys()],
      foreignKeys: foreign.length === 0 ? NO_KEYS : new Set(foreign),
      adoptRequested: metadata.annotations?.[ADOPT_ANNOTATION] === 'true',
      foreignMetadata: foreignMetadataOf(metadata, recorded),
      metadataDrifted: !replaces && isMetadataDrifted(metadata, target, provenance),
      restored: recorded.size > 0 && isRestored(metadata),
    },
    recorded,
    provenanceSum: provenance?.sum ?? '',
    possiblyDrifted,
    ourWrites: strings.of(data.ourWrites),
    otherWrites: strings.of(data.otherWrites),
    references,
    isLabelled,
    isCreatedByOperator,
    replaces,
    excessBytes: MetadataBudget.excessOf(entryBytesOf(metadata, provenance?.records ?? null)),
  }
}

export function recordedKeysOf({ recorded }: Pick<SecretCacheEntry, 'recorded'>): ReadonlySet<string> {
  return new Set([...recorded.values()].flatMap((record) => [...record.keys.keys()]))
}

/** Returns the owners with a record or an owner reference. */
export function ownerNamesOf({ observed, references, replaces }: SecretCacheEntry): ReadonlySet<string> {
  if (replaces) return new Set([replaces.ownerName])
  const referring = references.filter((reference) => isOurReference(reference)).map(({ name }) => name)
  return new Set([...observed.records.keys(), ...referring])
}

function interned(reference: OwnerReference): OwnerReference {
  return { ...reference, apiVersion: strings.of(reference.apiVersion), kind: strings.of(reference.kind) }
}

/** No write of ours is as recent as the object. Backup tools restore `managedFields` with former times, or none. */
function isRestored({ managedFields = [], creationTimestamp = '' }: ObjectMeta): boolean {
  // Times have a resolution of seconds and one format, so they compare as text.
  return !managedFields.some(({ manager, time = '' }) => manager === FIELD_MANAGER && time >= creationTimestamp)
}

function provenanceOf({ annotations }: ObjectMeta, target: TargetRef): RecordedProvenance | undefined {
  const text = annotations?.[PROVENANCE_ANNOTATION]
  return text === undefined ? undefined : decodeProvenance(text, target)
}

/** Record of a retained Secret whose provenance annotation is missing: the owner comes from its own annotation, the keys are unknown. */
function retainedRecords({ annotations }: ObjectMeta, { namespace }: TargetRef): ReadonlyMap<string, OwnerRecord> {
  const owner = annotations?.[OWNER_ANNOTATION]
  const name = owner?.startsWith(`${namespace}/`) ? owner.slice(namespace.length + 1) : ''
  if (name === '') return NO_RECORDS
  return new Map([[name, { keys: NO_KEY_RECORDS, digestKeyId: '', creation: 'owner', deletion: 'retain' }]])
}

/** Kind of the controller, with the API group if it is not ours, because other operators also have a kind ExternalSecret. */
function kindOf(reference: OwnerReference): string {
  const [group, version] = reference.apiVersion.split('/')
  return isOurReference(reference) || version === undefined ? reference.kind : `${reference.kind}.${group}`
}
