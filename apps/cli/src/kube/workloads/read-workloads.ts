import {
  collectionPath,
  sortedWorkloads,
  type Workload,
  WORKLOAD_COLLECTIONS,
  workloadOf,
} from '@ack-secret-manager/resource-view'
import type { ClusterReader } from '../cluster-reader.ts'

/** Beyond this many namespaces, one list of all namespaces costs less. */
const MAX_NAMESPACES = 8

/**
 * Reads what uses these Secrets. Kinds that the user may not list are left out, with a note.
 * @param secrets names of Secrets by namespace
 */
export async function readWorkloads(
  reader: ClusterReader,
  secrets: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<readonly Workload[]> {
  const namespaces = [...secrets.keys()]
  if (namespaces.length === 0) return []
  const scopes = namespaces.length > MAX_NAMESPACES ? [undefined] : namespaces
  const lists = scopes.flatMap((namespace) =>
    WORKLOAD_COLLECTIONS.map(async ({ kind, plural, path, usesOf }) => {
      const what = `${plural} ${namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`}`
      const objects = await reader.listIfAllowed(collectionPath(path, namespace), what)
      return objects.flatMap((object) => workloadOf(kind, object, { uses: usesOf(object), secrets }))
    }),
  )
  const found = (await Promise.all(lists)).flat()
  return sortedWorkloads(found)
}
