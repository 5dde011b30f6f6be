import { isKubeApiError, type KubeClient, type KubeObject, listPages } from '@ack-secret-manager/k8s-client'
import type { Finding } from '../check.ts'

/** Objects of one kind that are read. */
export const MAX_OBJECTS = 20_000

/** The objects of a collection; `isCut` if there are more than {@link MAX_OBJECTS}. */
export interface Listed<T> {
  readonly items: readonly T[]
  readonly isCut: boolean
}

/** Reads a collection, page by page. @throws KubeApiError | SecretSyncError */
export async function listAll<T extends KubeObject>(
  client: KubeClient,
  path: string,
  signal: AbortSignal,
  query: Readonly<Record<string, string>> = {},
): Promise<Listed<T>> {
  const items: T[] = []
  for await (const page of listPages(path, { client, query, signal })) {
    items.push(...(page.items as readonly T[]))
    if (items.length > MAX_OBJECTS) return { items: items.slice(0, MAX_OBJECTS), isCut: true }
  }
  return { items, isCut: false }
}

/** The findings of a check, or a skipped one if the user may not read what it needs. */
export async function ifPermitted(
  what: string,
  work: () => Promise<Finding | readonly Finding[]>,
): Promise<Finding | readonly Finding[]> {
  try {
    return await work()
  } catch (error) {
    if (!isKubeApiError(error) || error.status !== 403) throw error
    return { status: 'skipped', detail: `you may not ${what}` }
  }
}

/** Whether the API server does not know the object or the resource. */
export function isNotFound(error: unknown): boolean {
  return isKubeApiError(error) && error.status === 404
}
