import type { WorkloadObject } from './objects.ts'
import type { ResourceRow } from './views/resource-row.ts'
import type { PushSecretRow } from './views/push-secret.ts'
import type { RowChanges } from './views/wire.ts'

/** More are not listed: a page reads its one open resource again at the next change of its row. */
const MAX_TOUCHED = 1_000

/**
 * Keys of the ExternalSecrets whose Secret a workload uses that was added, changed or removed. An object that has not changed is the same
 * object in both. Pure.
 */
export function touchedResources(
  before: readonly WorkloadObject[],
  after: readonly WorkloadObject[],
  rows: Iterable<ResourceRow>,
): readonly string[] {
  const [known, now] = [new Set(before), new Set(after)]
  const changed = [...before.filter((each) => !now.has(each)), ...after.filter((each) => !known.has(each))]
  if (changed.length === 0) return []
  const secrets = new Set(changed.flatMap(({ namespace, uses }) => uses.map(({ secret }) => `${namespace}/${secret}`)))
  const keys: string[] = []
  for (const { key, namespace, secret } of rows) {
    if (keys.length < MAX_TOUCHED && secrets.has(`${namespace}/${secret}`)) keys.push(key)
  }
  return keys
}

/**
 * Ids of the PushSecrets that changed without their row, such as in the version of a KMS secret. An object that has not changed is the same
 * object in both. Pure.
 */
export function touchedPushSecrets(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  changes: RowChanges<PushSecretRow> | undefined,
): readonly string[] {
  const rows = new Set(changes?.set.map(({ id }) => id))
  const changed = [...after].filter(([id, object]) => before.get(id) !== object && !rows.has(id))
  return changed.slice(0, MAX_TOUCHED).map(([id]) => id)
}
