import type { SecretWriter } from '@ack-secret-manager/core'
import { type ResourceKey, resourceKey } from '../model/resource.ts'
import { releasesFor } from './release/release-target.ts'
import { PRIORITY, type Priority } from '../queue/priority.ts'

/** Work that an earlier process may have left: targets of deleted resources, and started replacements. */
export function* unfinishedWork(
  writer: Pick<SecretWriter, 'owned' | 'unfinished'>,
  isKnown: (resource: ResourceKey) => boolean,
): Generator<{ readonly key: ResourceKey; readonly priority: Priority }> {
  for (const observed of writer.owned()) {
    for (const name of observed.records.keys()) {
      const key = resourceKey({ namespace: observed.target.namespace, name })
      // Targets that stay need no work, and no read of their owner.
      if (!isKnown(key) && releasesFor(observed, name, 'absent').length > 0) yield { key, priority: PRIORITY.routine }
    }
  }
  // First, because workloads may be waiting for these Secrets.
  for (const { target, ownerName } of writer.unfinished?.() ?? []) {
    yield { key: resourceKey({ namespace: target.namespace, name: ownerName }), priority: PRIORITY.first }
  }
}
