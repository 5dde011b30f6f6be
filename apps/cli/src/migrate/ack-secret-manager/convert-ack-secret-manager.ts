import { ADOPT_ANNOTATION, API_VERSION } from '@ack-secret-manager/resources'
import { isRecord } from '../../manifests/parse-objects.ts'
import { Findings } from '../findings.ts'
import type { Migrated } from '../migrated.ts'
import { problemsOf } from '../our-resource.ts'
import type { SourceObject } from '../source-object.ts'
import type { TemplateTexts } from '../template-texts.ts'
import { checkExternalSecret } from './check-external-secret.ts'
import { checkStore } from './check-store.ts'
import { checkConditions } from './check-conditions.ts'
import { DocumentEditor, type FieldPath, pathOf } from './document-editor.ts'

const FINALIZER = 'finalizer.ack.secrets-manager.alibabacloud.com'
/** Fields that only an API server writes, in manifests exported from a cluster. */
const OF_SERVER: readonly FieldPath[] = [
  ['status'],
  ...['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid'].map((name) => [
    'metadata',
    name,
  ]),
  ['metadata', 'annotations', 'kubectl.kubernetes.io/last-applied-configuration'],
]

/** Whether an object has the API group of the Go operator, which is also ours. */
export function isAckSecretManagerObject({ apiVersion }: Pick<SourceObject, 'apiVersion'>): boolean {
  return apiVersion.split('/')[0] === API_VERSION.split('/')[0]
}

/** Converts a manifest of the Go operator. It stays applicable; the findings report changed meanings. */
export function convertAckSecretManager(
  source: SourceObject,
  { adopt, templates }: { readonly adopt: boolean; readonly templates: TemplateTexts },
): Migrated {
  const { apiVersion, kind, location } = source
  const findings = new Findings(templates)
  const editor = new DocumentEditor(source)
  const metadata = isRecord(source.value['metadata']) ? source.value['metadata'] : {}
  const isOfCluster = kind.startsWith('Cluster')
  const namespace = isOfCluster ? undefined : text(metadata['namespace'], 'default')
  for (const path of OF_SERVER) editor.remove(path)
  checkOwner(metadata, findings)
  dropFinalizer(metadata, editor)
  if (apiVersion === API_VERSION) {
    const spec = isRecord(source.value['spec']) ? source.value['spec'] : {}
    const check = { findings, editor, namespace }
    if (kind === 'ExternalSecret') checkExternalSecret(spec, 'spec', check)
    else if (kind === 'ClusterExternalSecret') {
      checkExternalSecret(
        isRecord(spec['externalSecretSpec']) ? spec['externalSecretSpec'] : {},
        'spec.externalSecretSpec',
        check,
      )
    } else if (kind.endsWith('SecretStore')) checkStore(spec, check)
    if (isOfCluster) checkConditions(spec, check)
    if (adopt) askForAdoption(kind, editor)
  }
  suspend(kind, findings, editor)
  refuseWhatCannotBe(kind, findings, editor)
  seeLeaves(source.value['spec'], 'spec', findings)
  const { outcome, all, carried } = findings
  return {
    resource: {
      kind,
      namespace: isOfCluster ? '' : text(metadata['namespace'], ''),
      name: text(metadata['name'], '(no name)'),
      location,
    },
    outcome,
    findings: all,
    carried,
    document: outcome === 'not-converted' ? undefined : editor.document,
    owned: undefined,
  }
}

/** Fields without a finding are kept. */
function seeLeaves(value: unknown, path: string, findings: Findings): void {
  if (findings.all.some(({ field }) => field === path)) return
  if (Array.isArray(value)) value.forEach((item, index) => seeLeaves(item, `${path}[${index}]`, findings))
  else if (isRecord(value))
    for (const [name, item] of Object.entries(value)) seeLeaves(item, `${path}.${name}`, findings)
  else findings.see(path)
}

function checkOwner(metadata: Readonly<Record<string, unknown>>, findings: Findings): void {
  const owners: readonly unknown[] = Array.isArray(metadata['ownerReferences']) ? metadata['ownerReferences'] : []
  const owner = owners.find(isRecord)
  if (owner === undefined) return
  const who = `${String(owner['kind'])} ${String(owner['name'])}`
  findings.refuses('metadata.ownerReferences', `it is owned by ${who}, which creates it`, `migrate ${who}`)
}

function dropFinalizer(metadata: Readonly<Record<string, unknown>>, editor: DocumentEditor): void {
  const finalizers: readonly unknown[] = Array.isArray(metadata['finalizers']) ? metadata['finalizers'] : []
  const index = finalizers.indexOf(FINALIZER)
  if (index < 0) return
  editor.remove(finalizers.length === 1 ? ['metadata', 'finalizers'] : ['metadata', 'finalizers', index])
}

function askForAdoption(kind: string, editor: DocumentEditor): void {
  if (kind === 'ExternalSecret') editor.set(['metadata', 'annotations', ADOPT_ANNOTATION], 'true')
  if (kind === 'ClusterExternalSecret') {
    editor.set(['spec', 'externalSecretMetadata', 'annotations', ADOPT_ANNOTATION], 'true')
  }
}

function suspend(kind: string, findings: Findings, editor: DocumentEditor): void {
  if (findings.outcome !== 'suspended') return
  editor.set(kind === 'ExternalSecret' ? ['spec', 'suspend'] : ['spec', 'externalSecretSpec', 'suspend'], true)
}

/** Removes fields that the CRD of the Go operator did not have, and reports the others as errors. */
function refuseWhatCannotBe(kind: string, findings: Findings, editor: DocumentEditor): void {
  const unknown = problemsOf(kind, editor.document.toJS()).filter(({ message }) => message.startsWith('unknown field'))
  for (const { field, message } of unknown) {
    findings.leftOut(field, message, 'nothing, if it had no effect before')
    editor.remove(pathOf(field))
  }
  for (const { field, message } of problemsOf(kind, editor.document.toJS())) findings.refuses(field, message)
}

function text(value: unknown, absent: string): string {
  return typeof value === 'string' && value !== '' ? value : absent
}
