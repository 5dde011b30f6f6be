import type { SecretWriter } from '@ack-secret-manager/core'
import { type ResourceKey, resourceKey } from '../model/resource.ts'
import { PRIORITY, type Priority } from '../queue/priority.ts'

/** Work that an earlier process may have left: targets of deleted resources, and started replacements. */
export function* unfinishedWork(
  writer: Pick<SecretWriter, 'owned' | 'unfinished'>,
  isKnown: (resource: ResourceKey) => boolean,
): Generator<{ readonly key: ResourceKey; readonly priority: Priority }> {
  for (const { target, records } of writer.owned()) {
    for (const name of records.keys()) {
      const key = resourceKey({ namespace: target.namespace, name })
      if (!isKnown(key)) yield { key, priority: PRIORITY.routine }
    }
  }
  // First, because workloads may be waiting for these Secrets.
  for (const { target, ownerName } of writer.unfinished?.() ?? []) {
    yield { key: resourceKey({ namespace: target.namespace, name: ownerName }), priority: PRIORITY.first }
  }
}
