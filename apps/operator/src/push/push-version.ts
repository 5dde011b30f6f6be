import { createHmac } from 'node:crypto'
import {
  CURRENT_STAGE,
  holderOf,
  type ObservedSecret,
  parsePushVersionId,
  pushVersionId,
} from '@ack-secret-manager/kms-management'

/** A push continues lower counters only, because a version of another program may have the highest possible one. */
const MAX_COUNTER = 10 ** 12

/**
 * Key of the version ids of one KMS secret. Each secret has its own key, so that the ids do not reveal whether two secrets have equal
 * values.
 */
export function versionKey(digestKey: Uint8Array, owner: string, secret: string): Uint8Array {
  return createHmac('sha256', digestKey).update(`push-secret\0${owner}\0${secret}`).digest()
}

/** How a value compares with the versions of a secret, by version ids alone. */
export interface VersionMatch {
  /** The current version, if it holds the value. */
  readonly current: string | undefined
  /** The last pushed version, if it holds the value. */
  readonly latest: string | undefined
  /** Version id for pushing the value. */
  readonly next: string
}

/** Compares the version ids of a secret with a value. Pure. @param observed undefined if there is no such secret */
export function matchVersions(observed: ObservedSecret | undefined, value: Uint8Array, key: Uint8Array): VersionMatch {
  const holds = (versionId: string): boolean => {
    const counter = counterOf(versionId)
    return counter > 0 && pushVersionId(counter, value, key) === versionId
  }
  const ids = observed?.versions.map(({ versionId }) => versionId) ?? []
  const highest = Math.max(0, ...ids.map(counterOf).filter((counter) => counter < MAX_COUNTER))
  const current = observed && holderOf(observed, CURRENT_STAGE)?.versionId
  return {
    current: current !== undefined && holds(current) ? current : undefined,
    latest: ids.find((id) => counterOf(id) >= highest && holds(id)),
    next: pushVersionId(highest + 1, value, key),
  }
}

/** Counter of a pushed version; 0 for any other one. */
function counterOf(versionId: string): number {
  return parsePushVersionId(versionId)?.counter ?? 0
}
