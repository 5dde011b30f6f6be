import { defined } from '@ack-secret-manager/core'
import { ADOPT_ANNOTATION } from '@ack-secret-manager/resources'
import { isRecord } from '../manifests/parse-objects.ts'
import type { Findings } from './findings.ts'
import type { ManifestFields } from './manifest-fields.ts'

/** Fields that only an API server writes, and annotations of kubectl and of the operators. */
const OF_SERVER = ['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid']
const OF_TOOLS = /^(kubectl\.kubernetes\.io\/last-applied-configuration$|(.*\.)?external-secrets\.io\/)/

/** Metadata of a manifest: its name, and labels and annotations of users. */
export interface MigratedMetadata {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Metadata to apply, without fields of the API server and of the other operator. */
export function migratedMetadata(metadata: ManifestFields, findings: Findings): MigratedMetadata {
  metadata.pass(...OF_SERVER, 'ownerReferences', 'finalizers')
  const name = metadata.requiredText('name')
  const namespace = metadata.text('namespace')
  const labels = withoutMarks(metadata.map('labels'))
  const annotations = withoutMarks(metadata.map('annotations'))
  const { ownerReferences: owners, finalizers } = metadata.value
  if (Array.isArray(owners) && owners.length > 0) {
    const owner: unknown = owners[0]
    const who = isRecord(owner) ? `${String(owner['kind'])} ${String(owner['name'])}` : 'another object'
    findings.refuses(metadata.at('ownerReferences'), `it is owned by ${who}, which creates it`, `migrate ${who}`)
  }
  for (const finalizer of Array.isArray(finalizers) ? finalizers : []) {
    // Its PushSecrets and stores have `pushsecret.externalsecrets.io/finalizer`.
    if (/\bexternal-?secrets\.io\//.test(String(finalizer))) continue
    findings.leftOut(
      metadata.at('finalizers'),
      `${String(finalizer)} is not added to a new resource`,
      'check which controller needs it',
    )
  }
  metadata.end('Kubernetes')
  return {
    name,
    ...defined({ namespace }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  }
}

/** The same metadata with the adopt annotation. */
export function askingForAdoption<M extends { readonly annotations?: Readonly<Record<string, string>> }>(
  metadata: M,
): M {
  return { ...metadata, annotations: { ...metadata.annotations, [ADOPT_ANNOTATION]: 'true' } }
}

function withoutMarks(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).filter(([name]) => !OF_TOOLS.test(name)))
}
