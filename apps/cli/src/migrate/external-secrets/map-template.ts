import { defined } from '@ack-secret-manager/core'
import type { Findings } from '../findings.ts'
import type { ManifestFields } from '../manifest-fields.ts'

const WHO = 'External Secrets Operator'
const TARGETS: Readonly<Record<string, string>> = { data: 'Data', annotations: 'Annotations', labels: 'Labels' }

/** A converted template of a target. */
export interface MappedTemplate {
  readonly type?: string
  readonly mergePolicy?: string
  readonly data?: Readonly<Record<string, string>>
  readonly templateFrom?: readonly object[]
  readonly metadata?: { readonly labels?: object; readonly annotations?: object }
}

/** `spec.target.template`. The engine is Go's text/template with Sprig on both sides. */
export function mapTemplate(template: ManifestFields, findings: Findings): MappedTemplate {
  const engine = template.text('engineVersion') ?? 'v2'
  if (engine !== 'v2') {
    findings.suspends(
      template.at('engineVersion'),
      `${engine} templates have other functions`,
      'rewrite them for v2, with functions of Sprig',
    )
  }
  const type = template.text('type')
  const mergePolicy = template.text('mergePolicy')
  const data = checked(template, 'data', findings)
  const templateFrom = template.list('templateFrom').map((entry) => mapTemplateFrom(entry, findings))
  const metadata = mapMetadata(template.fields('metadata'), findings)
  if (Object.keys(data).length > 0 && templateFrom.some(({ target }) => target === 'Data')) {
    findings.changed(
      template.at('templateFrom'),
      'if it produces a key that data has too, it wins here; there data won',
      'produce each key once',
    )
  }
  const isWithoutKeys = templateFrom.length > 0 && templateFrom.every(({ target }) => target !== 'Data')
  if (isWithoutKeys && Object.keys(data).length === 0 && mergePolicy !== 'Merge') {
    findings.suspends(
      template.path,
      'there the Secret has no keys, because its templates set only labels or annotations; here it has the keys that are read',
      'remove suspend if the Secret may have these keys',
    )
  }
  template.end(WHO)
  return {
    ...defined({ type }),
    ...(mergePolicy === undefined || mergePolicy === 'Replace' ? {} : { mergePolicy }),
    ...(Object.keys(data).length === 0 ? {} : { data }),
    ...(templateFrom.length === 0 ? {} : { templateFrom }),
    ...defined({ metadata }),
  }
}

function mapMetadata(metadata: ManifestFields | undefined, findings: Findings): MappedTemplate['metadata'] {
  if (metadata === undefined) return undefined
  const labels = checked(metadata, 'labels', findings)
  const annotations = checked(metadata, 'annotations', findings)
  if (metadata.has('finalizers')) {
    findings.leftOut(
      metadata.at('finalizers'),
      'finalizers on Secrets are not supported',
      'let the controller that needs the finalizer add it',
    )
  }
  metadata.end(WHO)
  return {
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  }
}

interface MappedObject {
  readonly name: string
  readonly items: readonly { readonly key: string; readonly templateAs?: string }[]
}

interface MappedTemplateFrom {
  readonly target: string
  readonly configMap?: object
  readonly secret?: object
  readonly literal?: string
}

function mapTemplateFrom(entry: ManifestFields, findings: Findings): MappedTemplateFrom {
  const given = entry.text('target') ?? 'Data'
  const target = TARGETS[given.toLowerCase()] ?? 'Data'
  if (TARGETS[given.toLowerCase()] === undefined) {
    findings.suspends(entry.at('target'), `${given} is not a part of a Secret that a template can set`)
  }
  if ((entry.text('valuesDecodingStrategy') ?? 'None') !== 'None') {
    findings.suspends(entry.at('valuesDecodingStrategy'), 'its output is not decoded', 'decode it there with b64dec')
  }
  const configMap = mapObject(entry.fields('configMap'), findings)
  const configMapField = entry.at('configMap')
  for (const { key } of configMap?.items ?? []) findings.templateOfConfigMap(configMapField, configMap?.name ?? '', key)
  const secret = mapObject(entry.fields('secret'), findings)
  if (secret !== undefined) findings.templateOfSecret(entry.at('secret'), secret.name)
  if (entry.has('literal')) {
    findings.suspends(
      entry.at('literal'),
      'there its output is a YAML mapping, of which each member becomes a key; here its output is the value of the key literal',
      'write it as template.data, one entry for each key',
    )
  }
  entry.end(WHO)
  return {
    target,
    ...defined({ configMap, secret }),
    ...(configMap === undefined && secret === undefined ? { literal: entry.text('literal') ?? '' } : {}),
  }
}

function mapObject(object: ManifestFields | undefined, findings: Findings): MappedObject | undefined {
  if (object === undefined) return undefined
  const name = object.requiredText('name')
  const items = object.list('items').map((item) => {
    const key = item.requiredText('key')
    const templateAs = item.text('templateAs')
    if (templateAs === 'KeysAndValues') {
      findings.suspends(
        item.at('templateAs'),
        'there its output is a YAML mapping, here lines of key=value',
        'rewrite the template for lines, or as one template for each key',
      )
    }
    item.end(WHO)
    return { key, ...(templateAs === undefined || templateAs === 'Values' ? {} : { templateAs }) }
  })
  object.end(WHO)
  return { name, items }
}

/** A map of templates, whose functions are checked. */
function checked(fields: ManifestFields, name: string, findings: Findings): Readonly<Record<string, string>> {
  const templates = fields.map(name)
  for (const [key, template] of Object.entries(templates)) {
    findings.template(`${fields.at(name)}[${JSON.stringify(key)}]`, template)
  }
  return templates
}
