import type { ObservedSecret } from '@ack-secret-manager/core'
import type { SyncResource } from '../../model/resource.ts'
import { templateProvenance } from '../../model/template-provenance.ts'
import { readyCondition } from '../resource-state.ts'

/**
 * Whether the status confirms that the API server stored the recorded content. The record alone is no proof: it is part of the write, so it
 * exists even if admission changed the content.
 */
export function isReported(resource: SyncResource, { uid, records, target: { name } }: ObservedSecret): boolean {
  const { status, generation } = resource
  const record = records.get(resource.name)
  if (!record || status?.observedGeneration !== generation || readyCondition(resource)?.status !== 'True') return false
  const { target, secrets } = status
  if (target?.name !== name || target.uid !== uid || target.keyCount !== record.keys.size) return false
  const sources = secrets.map(({ key, versionId = '' }) => ({ secret: key, versionId }))
  const origins = new Set([...sources, templateProvenance(sources)].map(originOf))
  return [...record.keys.values()].every((key) => origins.has(originOf(key)))
}

function originOf({ secret, versionId }: { readonly secret: string; readonly versionId: string }): string {
  return `${versionId} ${secret}`
}
