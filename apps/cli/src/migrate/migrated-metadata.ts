import { defined } from '@ack-secret-manager/core'
import { ADOPT_ANNOTATION } from '@ack-secret-manager/resources'
import { isRecord } from '../manifests/parse-objects.ts'
import type { Findings } from './findings.ts'
import type { ManifestFields } from './manifest-fields.ts'

/** Fields that only an API server writes, and annotations of kubectl and of the operators. */
const OF_SERVER = ['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid']
const OF_TOOLS = /^(kubectl\.kubernetes\.io\/last-applied-configuration$|(.*\.)?external-secrets\.io\/)/

/** Labels and annotations by which Argo CD, ApplySets of kubectl, kapp, and Rancher find objects, to prune those that are not in their manifests. */
export const TRACKING =
  /^(argocd\.argoproj\.io\/(instance|tracking-id|installation-id)|applyset\.kubernetes\.io\/part-of|kapp\.k14s\.io\/app|objectset\.rio\.cattle\.io\/.*)$/
/** A label of users in a manifest. On an object of a cluster it may be Argo CD's, which tracks by it with tracking by label. */
const INSTANCE = 'app.kubernetes.io/instance'

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
  const labels = withoutMarks(metadata, 'labels', findings)
  const annotations = withoutMarks(metadata, 'annotations', findings)
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

function withoutMarks(
  metadata: ManifestFields,
  field: 'annotations' | 'labels',
  findings: Findings,
): Readonly<Record<string, string>> {
  const isLive = metadata.value['uid'] !== undefined
  const kept = Object.entries(metadata.map(field)).filter(([name]) => {
    if (OF_TOOLS.test(name)) return false
    if (!TRACKING.test(name) && !(isLive && name === INSTANCE)) return true
    const what = 'left out, because the tool that has set it prunes objects that are not in its manifests'
    findings.changed(`${metadata.at(field)}[${JSON.stringify(name)}]`, what)
    return false
  })
  return Object.fromEntries(kept)
}
