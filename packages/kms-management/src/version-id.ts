import { createHmac } from 'node:crypto'
import { SecretSyncError } from '@ack-secret-manager/core'

/** Version ids and stages of KMS. */
const LABEL = /^[A-Za-z0-9_/+=.\-@]{1,64}$/
const PUSH = /^acksm-(0|[1-9]\d{0,14})-([A-Za-z0-9_-]{16})$/
const MAC_LENGTH = 16
const MAX_COUNTER = 10 ** 15 - 1
const KEY_BYTES = 32

/** Whether KMS accepts a text as a version id or a stage. */
export function isLabel(text: string): boolean {
  return LABEL.test(text)
}

/**
 * A version id as KMS accepts it.
 * @throws SecretSyncError `InvalidSpec`
 */
export function checkVersionId(text: string): string {
  if (isLabel(text)) return text
  throw new SecretSyncError('InvalidSpec', 'version id: expected 1 to 64 letters, digits and _/+=.-@', {
    facts: { field: 'versionId' },
  })
}

/** A version id that is not in use: `20260102T030405Z-4f1c9a20b7d3`. Sorts by time. */
export function newVersionId(nowMs: number, random: Uint8Array): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
  return `${time}-${Buffer.from(random.subarray(0, 6)).toString('hex')}`
}

/** Parts of a version id of a push. */
export interface PushVersion {
  /** Number of the push of this object. A value that returns to an earlier one still gets a new id, so that it becomes current. */
  readonly counter: number
  /** Keyed digest of the value: a repeated push has the same id, and without the key the value cannot be guessed from it. */
  readonly mac: string
}

/**
 * The version id of a push: `acksm-COUNTER-MAC`.
 * @param key of 32 bytes
 * @throws RangeError for a counter or key out of range
 */
export function pushVersionId(counter: number, value: Uint8Array, key: Uint8Array): string {
  if (!Number.isSafeInteger(counter) || counter < 0 || counter > MAX_COUNTER) {
    throw new RangeError(`counter: expected a whole number from 0 to ${MAX_COUNTER}, got ${counter}`)
  }
  if (key.length !== KEY_BYTES) throw new RangeError(`key: expected ${KEY_BYTES} bytes, got ${key.length}`)
  const mac = createHmac('sha256', key).update(`push ${counter}\0`).update(value).digest('base64url')
  return `acksm-${counter}-${mac.slice(0, MAC_LENGTH)}`
}

/** The parts of a push's version id; undefined for any other version id. */
export function parsePushVersionId(versionId: string): PushVersion | undefined {
  const [, counter, mac] = PUSH.exec(versionId) ?? []
  return counter === undefined || mac === undefined ? undefined : { counter: Number(counter), mac }
}

/** Whether a push made this version. */
export function isPushVersionId(versionId: string): boolean {
  return PUSH.test(versionId)
}
