import {
  type ErrorCode,
  isSecretSyncError,
  type MetadataName,
  nameText,
  type ObservedSecret,
  type OwnerRecord,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { checkSecretType } from '@ack-secret-manager/resources'
import type { DesiredSecret, TargetPolicy } from '../model/desired-secret.ts'

/** Why nothing is written. */
export interface Refusal {
  readonly kind: 'refuse'
  readonly error: SecretSyncError
  /** The reason is the target as it is, and not what it is to hold. */
  readonly isForTarget?: true
}

/** The target is left alone. */
export function refuse(
  { target: { namespace, name } }: DesiredSecret,
  why: string,
  code: ErrorCode = 'TargetConflict',
  field?: string,
): Refusal {
  const facts = field === undefined ? {} : { field }
  return {
    kind: 'refuse',
    error: new SecretSyncError(code, `Secret ${namespace}/${name} is not changed: ${why}`, { facts }),
    isForTarget: true,
  }
}

/** No policy takes a key, a label or an annotation that another resource of ours has written, but for those that are ours already. */
export function refuseOwnedKeys(
  desired: DesiredSecret,
  observed: ObservedSecret,
  record: OwnerRecord | undefined,
): Refusal | undefined {
  for (const [owner, { keys, metadata }] of observed.records) {
    if (owner === desired.owner.name) continue
    const key = [...keys.keys()].find((held) => desired.data.has(held) && record?.keys.has(held) !== true)
    if (key !== undefined)
      return refuse(desired, `another ExternalSecret, ${owner}, owns ${describeKey(desired, key)}; rename one of them`)
    const name = metadata?.names.find((held) => desired.metadata.has(held) && !isRecorded(record, held))
    if (name !== undefined)
      return refuse(desired, `another ExternalSecret, ${owner}, sets ${describeKey(desired, name)}; rename one of them`)
  }
  return undefined
}

/** A key, or a name of metadata, as a message may hold it: not one that may be part of a value. */
function describeKey({ namedBy }: DesiredSecret, name: string): string {
  const template = namedBy?.get(name)
  const [part] = /^\w+(?=\/)/.exec(name) ?? ['key']
  if (template !== undefined) return `a ${part.replace(/s$/, '')} that ${template} produces`
  return part === 'key' ? `key ${name}` : name
}

function isRecorded(record: OwnerRecord | undefined, name: MetadataName): boolean {
  return record?.metadata?.names.includes(name) === true
}

/** A key that is carried for a document that failed is not given to another secret in the meantime. */
export function refuseCarriedKeys(desired: DesiredSecret, record: OwnerRecord): Refusal | undefined {
  const failing = new Set(desired.failures.filter(({ keys }) => !keys).map(({ secret }) => secret))
  for (const [key, { secret }] of desired.data) {
    const from = record.keys.get(key)?.secret
    if (from === undefined || from === secret || !failing.has(from)) continue
    const why = `key ${key} came from ${nameText(from)}, which cannot be read now, and is also produced by ${nameText(secret)}; rename one of them`
    return { kind: 'refuse', error: new SecretSyncError('DuplicateKey', why) }
  }
  return undefined
}

/** Merging takes no key, label or annotation from somebody, but for the first time where it is asked to. */
export function refuseForeignKeys(
  desired: DesiredSecret,
  observed: ObservedSecret,
  record: OwnerRecord | undefined,
  policy: TargetPolicy,
): Refusal | undefined {
  const isAsked = record === undefined && (policy.adopt || observed.adoptRequested)
  if (policy.creation !== 'Merge' || isAsked) return undefined
  const foreign = [...desired.data.keys()].find((key) => observed.foreignKeys.has(key) && !record?.keys.has(key))
  const asking = record === undefined ? ', or adopt the Secret with the annotation alibabacloud.com/adopt: "true"' : ''
  const ways = `rename it in the spec, or remove it from the Secret${asking}`
  if (foreign !== undefined)
    return refuse(desired, `another user or controller set ${describeKey(desired, foreign)}; ${ways}`)
  const name = [...desired.metadata.keys()].find(
    (each) => observed.foreignMetadata?.has(each) && !isRecorded(record, each),
  )
  return name === undefined
    ? undefined
    : refuse(desired, `another user or controller set ${describeKey(desired, name)}; ${ways}`)
}

/** The API server would not take what it is to hold: asked before anything is written. `kept` are keys that stay as they are. */
export function refuseInvalid(desired: DesiredSecret, kept: Iterable<string> = []): Refusal | undefined {
  const content = new Map<string, Uint8Array | undefined>([...kept].map((key) => [key, undefined]))
  for (const [key, { bytes }] of desired.data) content.set(key, bytes.expose())
  try {
    checkSecretType(desired.type, content)
    return undefined
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    return { kind: 'refuse', error }
  }
}

/** Whether a Secret would have to be of another type; that it cannot be changed is known since it was made. */
export function isOtherType({ type }: DesiredSecret, observed: ObservedSecret): boolean {
  return observed.type !== undefined && observed.type !== type
}

/** Types of what a system keeps for itself: whoever writes into one of these takes over more than a Secret. */
const SYSTEM_TYPES: ReadonlyMap<string | undefined, string> = new Map([
  ['kubernetes.io/service-account-token', 'Kubernetes fills it in'],
  ['bootstrap.kubernetes.io/token', 'nodes join the cluster with it'],
  ['helm.sh/release.v1', 'Helm keeps a release in it'],
  ['alibabacloud.com/digest-key', 'the operator keeps its digest key in it'],
])

/** Nobody is given a Secret that a system made for itself, whatever policy or annotation asks for it. */
export function refuseSystemSecret(desired: DesiredSecret, { type }: ObservedSecret): Refusal | undefined {
  const why = SYSTEM_TYPES.get(type)
  return why === undefined
    ? undefined
    : refuse(desired, `it is of type ${type}: ${why}; choose another spec.target.name`)
}

/** Only a Secret that is ours alone is made anew: nobody else may lose what he keeps in it. */
export function refuseReplace(
  desired: DesiredSecret,
  observed: ObservedSecret,
  policy: TargetPolicy,
): Refusal | undefined {
  const record = observed.records.get(desired.owner.name)
  const isOurs = record?.creation === 'owner' && policy.creation !== 'Merge'
  const other = [...observed.records.keys()].find((name) => name !== desired.owner.name)
  const [foreign] = observed.foreignKeys
  const whose = !isOurs
    ? 'this resource does not own the whole Secret'
    : other !== undefined
      ? `another ExternalSecret, ${other}, has keys in it`
      : foreign !== undefined && `another user or controller set key ${foreign} in it`
  if (whose === false) return undefined
  const why = `Kubernetes cannot change ${immutablePart(desired, observed)}, and ${whose}; delete it, and it is recreated`
  return isOtherType(desired, observed) ? refuse(desired, why, 'InvalidForType', 'spec.type') : refuse(desired, why)
}

function immutablePart(desired: DesiredSecret, observed: ObservedSecret): string {
  return isOtherType(desired, observed) ? `its type from ${observed.type} to ${desired.type}` : 'an immutable Secret'
}

/** Whoever made a Secret of ours immutable without our help wants it to stay as it is. */
export function refuseImmutable(desired: DesiredSecret): Refusal {
  return refuse(
    desired,
    'another user made it immutable; set spec.target.immutable: true to recreate it at each change, or delete it',
    'WriteDenied',
    'spec.target.immutable',
  )
}
