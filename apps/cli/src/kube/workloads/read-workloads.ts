import {
  collectionPath,
  sortedWorkloads,
  uncovered,
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
  const found = await Promise.all(scopes.map((namespace) => workloadsIn(reader, namespace, secrets)))
  return sortedWorkloads(found.flat())
}

async function workloadsIn(
  reader: ClusterReader,
  namespace: string | undefined,
  secrets: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<readonly Workload[]> {
  const listed = new Set<string>()
  const lists = WORKLOAD_COLLECTIONS.map(async ({ kind, plural, path, usesOf }) => {
    const what = `${plural} ${namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`}`
    const objects = await reader.listUnlessForbidden(collectionPath(path, namespace), what)
    if (objects === undefined) reader.noteForbidden(what)
    else listed.add(kind)
    return objects?.flatMap((object) => workloadOf(kind, object, { uses: usesOf(object), secrets })) ?? []
  })
  return uncovered((await Promise.all(lists)).flat(), listed)
}
