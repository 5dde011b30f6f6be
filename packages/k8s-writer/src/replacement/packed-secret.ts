import { SecretSyncError } from '@ack-secret-manager/core'
import type { OwnerReference } from '@ack-secret-manager/k8s-client'
import {
  fieldsOf,
  isText,
  isTrue,
  type JsonCheck,
  listOf,
  oneOf,
  optional,
  recordOf,
} from '../provenance/json-checks.ts'

/** A Secret without its data, as the annotation of its replacement has it. */
export interface PackedSecret {
  readonly owner: string
  readonly deletion: 'delete' | 'retain'
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly ownerReferences: readonly OwnerReference[]
  readonly type: string
  readonly immutable?: true
  /** Absent in replacements by earlier versions. */
  readonly signature?: string
}

/** Longest name of an object. The cache keeps these names. */
const MAX_NAME_LENGTH = 253
/** Labels, annotations and fields of references. A tenant can write any annotation, and parsing 4,000 short ones takes 1 ms. */
const MAX_ITEMS = 4_000

/**
 * Encodes the annotation.
 * @throws SecretSyncError `TooLarge` with so many labels, annotations or owner references that {@link unpackSecret} rejects them
 */
export function packSecret(packed: PackedSecret, namespace: string): string {
  const text = JSON.stringify(packed)
  if (hasAtMostItems(text, MAX_ITEMS)) return text
  const what = `Secret ${namespace}/${packed.name}`
  throw new SecretSyncError(
    'TooLarge',
    `${what} has too many labels, annotations or owner references to be recreated; remove some, or delete the Secret`,
  )
}

/** Decodes the annotation; undefined if a user has edited it. Stops at the first invalid item. */
export function unpackSecret(text: string): PackedSecret | undefined {
  if (!hasAtMostItems(text, MAX_ITEMS)) return undefined
  try {
    const json: unknown = JSON.parse(text)
    return isPacked(json) ? json : undefined
  } catch {
    return undefined
  }
}

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = ['"', '\\', ',', '[', '{'].map((mark) => mark.charCodeAt(0))

/** Counts the items of lists and objects in JSON without parsing it. */
function hasAtMostItems(json: string, limit: number): boolean {
  let count = 0
  let isQuoted = false
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) isQuoted = !isQuoted
    else if (isQuoted) at += code === BACKSLASH ? 1 : 0
    else if (code === COMMA || code === BRACKET || code === BRACE) count += 1
    if (count > limit) return false
  }
  return true
}

const isName: JsonCheck = (value) => typeof value === 'string' && value.length <= MAX_NAME_LENGTH
const isFlag = optional((value) => typeof value === 'boolean')

const REFERENCE: Readonly<Record<keyof OwnerReference, JsonCheck>> = {
  apiVersion: isText,
  kind: isText,
  name: isText,
  uid: isText,
  controller: isFlag,
  // `true` needs permission for the finalizers of the owner.
  blockOwnerDeletion: isFlag,
}
const PACKED: Readonly<Record<keyof PackedSecret, JsonCheck>> = {
  owner: isName,
  deletion: oneOf('delete', 'retain'),
  name: isName,
  labels: recordOf(isText),
  annotations: recordOf(isText),
  ownerReferences: listOf(fieldsOf(REFERENCE)),
  type: isText,
  immutable: optional(isTrue),
  signature: optional(isText),
}
const isPackedJson = fieldsOf(PACKED)

function isPacked(value: unknown): value is PackedSecret {
  return isPackedJson(value)
}
