import { type RotationFacts, timeText } from '@ack-secret-manager/core'
import type { SecretSummary } from '@ack-secret-manager/kms-management'
import type { Paint } from '../output/style.ts'
import type { Cell } from '../output/table.ts'

/** The table of a list, with its header. Pure. */
export function listRows(
  secrets: readonly SecretSummary[],
  isWide: boolean,
  paint: Paint,
): readonly (readonly Cell[])[] {
  const header = ['NAME', 'TYPE', 'UPDATED', ...(isWide ? ['NEXT ROTATION', 'TAGS'] : []), 'DELETED ON']
  const rows = secrets.map((secret) => {
    const { name, type, updatedMs, plannedDeletionMs, tags = {} } = secret
    const wide = isWide ? [rotationText(secret), tagsText(tags)] : []
    const cells: Cell[] = [name, type, timeText(updatedMs), ...wide].map((text) => ({ text }))
    if (plannedDeletionMs === undefined) return [...cells, { text: '' }]
    return [...cells, { text: timeText(plannedDeletionMs), paint: (text: string) => paint('yellow', text) }]
  })
  return [header.map((text) => ({ text, paint: (same: string) => paint('bold', same) })), ...rows]
}

/** A secret in the JSON document of a list. Pure. */
export function listItem(secret: SecretSummary): object {
  const { name, type, createdMs, updatedMs, plannedDeletionMs, owningService, tags = {}, rotation } = secret
  return {
    name,
    type,
    created: timeText(createdMs),
    updated: timeText(updatedMs),
    ...(plannedDeletionMs === undefined ? {} : { plannedDeletion: timeText(plannedDeletionMs) }),
    ...(owningService === undefined ? {} : { owningService }),
    tags,
    ...(rotation === undefined ? {} : { rotation: rotationItem(rotation) }),
  }
}

function rotationItem({ automatic, intervalMs, lastMs, nextMs }: RotationFacts): object {
  return {
    automatic,
    ...(intervalMs === undefined ? {} : { intervalSeconds: intervalMs / 1_000 }),
    ...(lastMs === undefined ? {} : { last: timeText(lastMs) }),
    ...(nextMs === undefined ? {} : { next: timeText(nextMs) }),
  }
}

/** `-` for a secret that KMS does not rotate, `?` for one that the identity may not describe. */
function rotationText({ type, rotation }: SecretSummary): string {
  if (type.toLowerCase() === 'generic') return '-'
  if (rotation === undefined) return '?'
  if (!rotation.automatic) return 'off'
  return rotation.nextMs === undefined ? 'on' : timeText(rotation.nextMs)
}

function tagsText(tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([key, value]) => (value === '' ? key : `${key}=${value}`))
  return pairs.length === 0 ? '-' : pairs.toSorted().join(',')
}
