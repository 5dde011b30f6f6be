import {
  defined,
  type ErrorCode,
  isSecretSyncError,
  type MetadataName,
  nameText,
  type ObservedSecret,
  type OwnerRecord,
  SecretSyncError,
  type Sensitive,
} from '@ack-secret-manager/core'
import { ADOPT_ANNOTATION, checkSecretType, DIGEST_KEY_TYPE } from '@ack-secret-manager/resources'
import type { DesiredSecret, TargetPolicy } from '../model/desired-secret.ts'
import { formerOwnerNames, isAdoptRequested } from '../ownership/former-owners.ts'

/** Why nothing is written. */
export interface Refusal {
  readonly kind: 'refuse'
  readonly error: SecretSyncError
  /** The existing target is the reason, not the desired content. */
  readonly isForTarget?: true
}

/** Refuses to write the target. */
export function refuse(
  { target: { namespace, name } }: DesiredSecret,
  why: string,
  code: ErrorCode = 'TargetConflict',
  field?: string,
): Refusal {
  const facts = defined({ field })
  return {
    kind: 'refuse',
    error: new SecretSyncError(code, `Secret ${namespace}/${name} is not changed: ${why}`, { facts }),
    isForTarget: true,
  }
}

/** How a user requests an adoption, for messages. */
export const HOW_TO_ADOPT = `spec.target.creationPolicy: Adopt, or the annotation ${ADOPT_ANNOTATION}: "true" on it`

/** The target belongs to another resource, which may have been deleted. */
export function refuseOthers(
  desired: DesiredSecret,
  { controller }: ObservedSecret,
  name: string,
  isRequested: boolean,
): Refusal {
  const { owner } = desired
  const what = `${owner.kind} ${name}`
  // Only a record proves that the operator owned it.
  if (name === owner.name)
    return refuse(
      desired,
      `it belongs to a deleted ${what} and waits for garbage collection; if it remains, delete it yourself`,
    )
  // Without a uid there is no API server that shows whether the other one exists.
  const mayAdopt = !controller && !isRequested && owner.uid !== ''
  const advice = mayAdopt ? `; if that was deleted, adopt it with ${HOW_TO_ADOPT}` : ''
  return refuse(desired, `it belongs to ${what}${advice}`)
}

/** No policy takes over a key, label or annotation of another ExternalSecret, unless the record of this one lists it. */
export function refuseOwnedKeys(
  desired: DesiredSecret,
  observed: ObservedSecret,
  record: OwnerRecord | undefined,
  policy: Pick<TargetPolicy, 'creation' | 'adopt'>,
): Refusal | undefined {
  const adoptable = ownersToAdoptFrom(desired, observed, policy)
  for (const [owner, { keys, metadata }] of observed.records) {
    if (owner === desired.owner.name) continue
    const orAdopt = adoptable.includes(owner)
      ? `, or, if ${owner} was deleted, adopt the Secret with the annotation ${ADOPT_ANNOTATION}: "true"`
      : ''
    const key = [...keys.keys()].find((held) => desired.data.has(held) && record?.keys.has(held) !== true)
    if (key !== undefined)
      return refuse(
        desired,
        `another ExternalSecret, ${owner}, owns ${describeKey(desired, key)}; rename one of them${orAdopt}`,
      )
    const name = metadata?.names.find((held) => desired.metadata.has(held) && !isRecorded(record, held))
    if (name !== undefined)
      return refuse(
        desired,
        `another ExternalSecret, ${owner}, sets ${describeKey(desired, name)}; rename one of them${orAdopt}`,
      )
  }
  return undefined
}

/** Owners whose keys a `Merge` could adopt if they were deleted and it requested that. */
function ownersToAdoptFrom(
  { owner }: DesiredSecret,
  observed: ObservedSecret,
  policy: Pick<TargetPolicy, 'creation' | 'adopt'>,
): readonly string[] {
  // Without a uid there is no API server that shows whether an owner exists.
  if (policy.creation !== 'Merge' || owner.uid === '' || isAdoptRequested(observed, policy)) return []
  return formerOwnerNames(observed, owner, { creation: 'Merge', adopt: true })
}

/** Describes a key or metadata name for a message, without a name that may be part of a value. */
function describeKey({ namedBy }: DesiredSecret, name: string): string {
  const template = namedBy?.get(name)
  const [part] = /^\w+(?=\/)/.exec(name) ?? ['key']
  if (template !== undefined) return `a ${part.replace(/s$/, '')} that ${template} produces`
  return part === 'key' ? `key ${name}` : name
}

function isRecorded(record: OwnerRecord | undefined, name: MetadataName): boolean {
  return record?.metadata?.names.includes(name) === true
}

/** A key that is kept for a failed document must not take its value from another secret in the meantime. */
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

/** `Merge` takes over no key, label or annotation of another owner, except on the first write if adoption is requested. */
export function refuseForeignKeys(
  desired: DesiredSecret,
  observed: ObservedSecret,
  record: OwnerRecord | undefined,
  policy: TargetPolicy,
): Refusal | undefined {
  const isAsked = record === undefined && (policy.adopt || observed.adoptRequested)
  if (policy.creation !== 'Merge' || isAsked) return undefined
  const foreign = [...desired.data.keys()].find((key) => observed.foreignKeys.has(key) && !record?.keys.has(key))
  const orAdopt = record === undefined ? `, or adopt the Secret with the annotation ${ADOPT_ANNOTATION}: "true"` : ''
  const advice = `rename it in the spec, or remove it from the Secret${orAdopt}`
  if (foreign !== undefined)
    return refuse(desired, `another user or controller set ${describeKey(desired, foreign)}; ${advice}`)
  const name = [...desired.metadata.keys()].find(
    (each) => observed.foreignMetadata?.has(each) && !isRecorded(record, each),
  )
  return name === undefined
    ? undefined
    : refuse(desired, `another user or controller set ${describeKey(desired, name)}; ${advice}`)
}

/** Checks the content before the write, because the API server would reject invalid content. `kept` are keys that do not change. */
export function refuseInvalid(desired: DesiredSecret, kept: Iterable<string> = []): Refusal | undefined {
  const content = new Map<string, Sensitive<Uint8Array> | undefined>([...kept].map((key) => [key, undefined]))
  for (const [key, { bytes }] of desired.data) content.set(key, bytes)
  try {
    checkSecretType(desired.type, content)
    return undefined
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    return { kind: 'refuse', error }
  }
}

/** Whether the Secret has another type, which Kubernetes cannot change. */
export function isOtherType({ type }: DesiredSecret, observed: ObservedSecret): boolean {
  return observed.type !== undefined && observed.type !== type
}

/** Types of Secrets that Kubernetes, Helm or the operator itself uses, so that a write affects more than the Secret. */
const SYSTEM_TYPES: ReadonlyMap<string | undefined, string> = new Map([
  ['kubernetes.io/service-account-token', 'Kubernetes fills it in'],
  ['bootstrap.kubernetes.io/token', 'nodes join the cluster with it'],
  ['helm.sh/release.v1', 'Helm keeps a release in it'],
  [DIGEST_KEY_TYPE, 'the operator keeps its digest key in it'],
])

export function isSystemSecret({ type }: ObservedSecret): boolean {
  return SYSTEM_TYPES.has(type)
}

/** No policy or annotation adopts a Secret that belongs to a system. */
export function refuseSystemSecret(desired: DesiredSecret, { type }: ObservedSecret): Refusal | undefined {
  const why = SYSTEM_TYPES.get(type)
  return why === undefined
    ? undefined
    : refuse(desired, `it is of type ${type}: ${why}; choose another spec.target.name`)
}

/** Only a Secret with a single owner is recreated, because other owners would lose their keys. */
export function refuseReplace(
  desired: DesiredSecret,
  observed: ObservedSecret,
  policy: TargetPolicy,
): Refusal | undefined {
  const record = observed.records.get(desired.owner.name)
  const isOurs = record?.creation === 'owner' && policy.creation !== 'Merge'
  const other = [...observed.records.keys()].find((name) => name !== desired.owner.name)
  const [foreign] = observed.foreignKeys
  const obstacle = !isOurs
    ? 'this resource does not own the whole Secret'
    : other !== undefined
      ? `another ExternalSecret, ${other}, has keys in it`
      : foreign !== undefined && `another user or controller set key ${foreign} in it`
  if (obstacle === false) return undefined
  const why = `Kubernetes cannot change ${immutablePart(desired, observed)}, and ${obstacle}; `
  const recreate = 'delete it, and it is recreated'
  if (!isOtherType(desired, observed)) return refuse(desired, why + recreate)
  return refuse(desired, `${why}set spec.type: ${observed.type}, or ${recreate}`, 'InvalidForType', 'spec.type')
}

function immutablePart(desired: DesiredSecret, observed: ObservedSecret): string {
  return isOtherType(desired, observed) ? `its type from ${observed.type} to ${desired.type}` : 'an immutable Secret'
}

/** A user who makes a managed Secret immutable wants to keep its content. */
export function refuseImmutable(desired: DesiredSecret): Refusal {
  return refuse(
    desired,
    'another user made it immutable; set spec.target.immutable: true to recreate it at each change, or delete it',
    'WriteDenied',
    'spec.target.immutable',
  )
}
