import { createHash } from 'node:crypto'
import type { FindSpec } from '@ack-secret-manager/resources'

const PART_LENGTH = 8

/** Identifies a find in the record of its target: its store and its conditions. Keys and limits are no part of it. */
export function findIdOf({ secretStoreRef, name, path, tags }: FindSpec, namespace: string): string {
  const { kind = 'SecretStore', name: store = '', namespace: home = namespace } = secretStoreRef ?? {}
  const sorted = Object.entries(tags).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const isCluster = kind === 'ClusterSecretStore'
  return (
    digest(secretStoreRef === undefined ? [] : [kind, isCluster ? '' : home, store]) +
    digest([name?.regexp ?? null, name?.prefix ?? null, path ?? null, sorted])
  )
}

export function hasSameStore(one: string, other: string): boolean {
  return one.slice(0, PART_LENGTH) === other.slice(0, PART_LENGTH)
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, PART_LENGTH)
}
