import { defined } from '@ack-secret-manager/core'
import type { Findings } from '../findings.ts'
import type { ManifestFields } from '../manifest-fields.ts'
import { type MigratedMetadata, TRACKING } from '../migrated-metadata.ts'
import { type EntryMapping, mapData, mapDataFrom, storeRefOf } from './map-entries.ts'
import { mapInterval } from './map-interval.ts'
import { mapTarget, type MappedTarget } from './map-target.ts'
import type { MappedTemplate } from './map-template.ts'
import type { GeneratorIndex } from './generator-index.ts'
import type { StoreIndex } from './store-index.ts'

/** Context of the conversion of an ExternalSecret. */
export interface ExternalSecretMapping {
  readonly findings: Findings
  readonly stores: StoreIndex
  readonly generators: GeneratorIndex
  /** Labels and annotations of the resource, which that operator copies to a Secret without a template. */
  readonly metadata: Pick<MigratedMetadata, 'namespace' | 'labels' | 'annotations'>
}

/** The converted spec, and whether the Secret has an ownerReference of the other operator. */
export interface MappedExternalSecret {
  readonly spec: object
  readonly target: string | undefined
  readonly isOwned: boolean
}

/** Labels and annotations that are not copied to the Secret. */
const RESERVED = /^(app\.kubernetes\.io\/managed-by$|alibabacloud\.com\/)/

/** Converts the spec of an ExternalSecret. */
export function mapExternalSecret(spec: ManifestFields, mapping: ExternalSecretMapping): MappedExternalSecret {
  const { findings, generators, metadata } = mapping
  const storeRef = spec.fields('secretStoreRef')
  const entries: EntryMapping = {
    findings,
    store: storeRef === undefined ? undefined : storeRefOf(storeRef),
    onStore: (store, field) => tellStore(store, field, mapping),
  }
  const rotationInterval = mapInterval(spec, findings)
  const { data, decoding } = mapData(spec, entries)
  const generated = { generators, namespace: metadata.namespace ?? '' }
  const { dataProcess, dataFrom, generate } = mapDataFrom(spec, { ...entries, ...generated })
  const { isOwned, template, ...target } = mapTarget(spec.fields('target'), findings)
  spec.end('External Secrets Operator')
  const count = data.length + dataProcess.length + dataFrom.length + generate.length
  if (count === 0 && findings.outcome !== 'not-converted') {
    findings.refuses(spec.path, 'no entries remain')
  }
  if (dataProcess.length + dataFrom.length > 0 && count > 1) {
    findings.changed(
      spec.at('dataFrom'),
      'a key that two entries produce is an error (DuplicateKey); there the later one won, data last',
      'rename one of them with replaceRule or rewrite',
    )
  }
  const mapped: Omit<MappedTarget, 'isOwned'> = {
    ...target,
    ...templateOf(template, decoding, mapping, spec.at('target.template')),
  }
  return {
    spec: {
      ...(findings.outcome === 'suspended' ? { suspend: true } : {}),
      rotationInterval,
      ...(data.length === 0 ? {} : { data }),
      ...(dataProcess.length === 0 ? {} : { dataProcess }),
      ...(dataFrom.length === 0 ? {} : { dataFrom }),
      ...(generate.length === 0 ? {} : { generate }),
      ...(Object.keys(mapped).length === 0 ? {} : { target: mapped }),
    },
    target: target.name,
    isOwned,
  }
}

function tellStore(
  store: Parameters<EntryMapping['onStore']>[0],
  field: string,
  { findings, stores, metadata }: ExternalSecretMapping,
): void {
  const provider = stores.providerOf(store, metadata.namespace ?? '')
  if (provider === undefined) {
    findings.changed(
      field,
      `${store.kind} ${store.name} is not among the manifests`,
      'migrate it too, and check that its provider is alibaba',
    )
  } else if (provider !== 'alibaba') {
    findings.refuses(
      field,
      `it reads from ${store.kind} ${store.name}, whose provider is ${provider}`,
      'keep it in External Secrets Operator, or move the secret to KMS',
    )
  }
}

/** The template of the target, with decoding templates, and labels and annotations of the resource. */
function templateOf(
  template: MappedTemplate | undefined,
  decoding: Readonly<Record<string, string>>,
  { findings, metadata }: ExternalSecretMapping,
  field: string,
): { readonly template?: MappedTemplate } {
  const mustDecode = Object.keys(decoding).length > 0
  if (template !== undefined) {
    if (!mustDecode) return { template }
    if (template.data !== undefined || template.templateFrom !== undefined) {
      findings.suspends(
        field,
        `its templates see these keys before they are decoded: ${Object.keys(decoding).join(', ')}`,
        'decode them there with b64dec',
      )
      return { template }
    }
    return { template: { ...template, mergePolicy: 'Merge', data: decoding } }
  }
  const labels = copied(metadata.labels)
  const annotations = copied(metadata.annotations)
  const tracking = Object.keys({ ...metadata.labels, ...metadata.annotations }).filter((name) => TRACKING.test(name))
  if (tracking.length > 0) {
    findings.changed(
      field,
      `the Secret gets no copy of ${tracking.join(', ')}, so that the tool that has set it on the resource does not prune the Secret`,
    )
  }
  const copies = {
    ...defined({ labels, annotations }),
  }
  const parts = {
    ...(Object.keys(copies).length === 0 ? {} : { metadata: copies }),
    ...(mustDecode ? { mergePolicy: 'Merge', data: decoding } : {}),
  }
  return Object.keys(parts).length === 0 ? {} : { template: parts }
}

/** What is copied to the Secret, escaped so that templates render it unchanged. */
function copied(map: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(map).filter(([name]) => !RESERVED.test(name) && !TRACKING.test(name))
  if (entries.length === 0) return undefined
  return Object.fromEntries(entries.map(([name, text]) => [name, text.replaceAll('{{', '{{ "{{" }}')]))
}
