import { ADOPT_ANNOTATION } from '@ack-secret-manager/resources'
import { isRecord } from '../manifests/parse-objects.ts'
import type { Findings } from './findings.ts'
import type { ManifestFields } from './manifest-fields.ts'

/** What only an API server writes, and the marks of kubectl and of the operators themselves. */
const OF_SERVER = ['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid']
const OF_TOOLS = /^(kubectl\.kubernetes\.io\/last-applied-configuration$|(.*\.)?external-secrets\.io\/)/

/** Names in a manifest: who the resource is, and what people wrote on it. */
export interface MigratedMetadata {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Metadata as they are to be applied, without what a server or the other operator has put there. */
export function migratedMetadata(metadata: ManifestFields, findings: Findings): MigratedMetadata {
  metadata.pass(...OF_SERVER, 'ownerReferences', 'finalizers')
  const name = metadata.requiredText('name')
  const namespace = metadata.text('namespace')
  const labels = withoutMarks(metadata.map('labels'))
  const annotations = withoutMarks(metadata.map('annotations'))
  const { ownerReferences: owners, finalizers } = metadata.value
  if (Array.isArray(owners) && owners.length > 0) {
    const owner: unknown = owners[0]
    const who = isRecord(owner) ? `${String(owner['kind'])} ${String(owner['name'])}` : 'somebody'
    findings.refuses(metadata.at('ownerReferences'), `it belongs to ${who}, and will come from that`, `migrate ${who}`)
  }
  for (const finalizer of Array.isArray(finalizers) ? finalizers : []) {
    if (/external-secrets\.io\//.test(String(finalizer))) continue
    findings.leftOut(
      metadata.at('finalizers'),
      `${String(finalizer)} is not put on a new resource`,
      'ask who put it there',
    )
  }
  metadata.end('Kubernetes')
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  }
}

/** The same metadata, asking for the Secret that is there. */
export function askingForAdoption<M extends { readonly annotations?: Readonly<Record<string, string>> }>(
  metadata: M,
): M {
  return { ...metadata, annotations: { ...metadata.annotations, [ADOPT_ANNOTATION]: 'true' } }
}

function withoutMarks(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).filter(([name]) => !OF_TOOLS.test(name)))
}
