import type { ReplaceAction } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { whyReserved } from '@ack-secret-manager/resources'
import { knownSecretOf } from '../cache/secret-cache-entry.ts'
import { foreignMetadataOf } from '../provenance/object-metadata.ts'
import { isCollected, patchedReferences, referenceTo } from '../provenance/owner-references.ts'
import type { PostedSecret } from '../replacement/posted-secret.ts'
import { createBody } from './secret-body.ts'

/**
 * Body of the Secret that takes the place of `old`: what the action wants, the bytes of keys that stay, and the labels,
 * annotations and owner references that others have put on it. Undefined when a key is missing that should stay.
 */
export function anewBody(action: ReplaceAction, old: KubeObject): PostedSecret | undefined {
  const { owner, record, carry, metadata: wanted } = action
  const body = createBody(action)
  const held = new Map(Object.entries((old.data ?? {}) as Record<string, string>))
  if (!carry.every((key) => held.has(key))) return undefined
  const { recorded, references } = knownSecretOf(old)
  const foreign = [...foreignMetadataOf(old.metadata, recorded)].filter(
    (name) => !wanted?.has(name) && whyReserved(name.slice(name.indexOf('/') + 1)) === undefined,
  )
  const theirs = (part: 'labels' | 'annotations'): Record<string, string> => {
    const names = foreign.flatMap((name) => (name.startsWith(`${part}/`) ? [name.slice(part.length + 1)] : []))
    return Object.fromEntries(names.map((name) => [name, old.metadata[part]?.[name] ?? '']))
  }
  const kept = patchedReferences(references, owner.name, isCollected(record) ? referenceTo(owner) : undefined)
  return {
    ...body,
    metadata: {
      ...body.metadata,
      labels: { ...body.metadata.labels, ...theirs('labels') },
      annotations: { ...body.metadata.annotations, ...theirs('annotations') },
      ownerReferences: kept ?? references,
    },
    data: Object.fromEntries([
      ...carry.map((key) => [key, held.get(key) ?? ''] as const),
      ...Object.entries(body.data),
    ]),
  }
}
