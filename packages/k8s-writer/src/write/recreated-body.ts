import { type ReplaceAction, Sensitive } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { whyReserved } from '@ack-secret-manager/resources'
import { cacheEntryOf } from '../cache/secret-cache-entry.ts'
import { foreignMetadataOf } from '../provenance/object-metadata.ts'
import { isCollected, patchedReferences, referenceTo } from '../provenance/owner-references.ts'
import { dataOf, type PostedSecret } from '../replacement/posted-secret.ts'
import { createBody } from './secret-body.ts'

/**
 * Body of the Secret that replaces `old`: the desired content, the carried keys, and the labels, annotations and owner references
 * of other controllers. Undefined if a carried key is missing.
 */
export function recreatedBody(action: ReplaceAction, old: KubeObject): PostedSecret | undefined {
  const { owner, record, carry, metadata: wanted } = action
  const body = createBody(action)
  const oldData = dataOf(old)
  if (!carry.every((key) => oldData.has(key))) return undefined
  const { recorded, references } = cacheEntryOf(old)
  const foreign = [...foreignMetadataOf(old.metadata, recorded)].filter(
    (name) => !wanted?.has(name) && whyReserved(name.slice(name.indexOf('/') + 1)) === undefined,
  )
  const foreignPart = (part: 'labels' | 'annotations'): Record<string, string> => {
    const names = foreign.flatMap((name) => (name.startsWith(`${part}/`) ? [name.slice(part.length + 1)] : []))
    return Object.fromEntries(names.map((name) => [name, old.metadata[part]?.[name] ?? '']))
  }
  const kept = patchedReferences(references, owner.name, isCollected(record) ? referenceTo(owner) : undefined)
  return {
    ...body,
    metadata: {
      ...body.metadata,
      labels: { ...body.metadata.labels, ...foreignPart('labels') },
      annotations: { ...body.metadata.annotations, ...foreignPart('annotations') },
      ownerReferences: kept ?? references,
    },
    data: new Sensitive(
      Object.fromEntries([
        ...carry.map((key) => [key, oldData.get(key) ?? ''] as const),
        ...Object.entries(body.data.expose()),
      ]),
    ),
  }
}
