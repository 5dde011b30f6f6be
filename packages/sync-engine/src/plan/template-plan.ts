import { replacesKeys, type TemplateFromEntry, type TemplateSpec } from '@ack-secret-manager/resources'

/** A ConfigMap or a Secret that holds templates. */
export interface TemplateObject {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly namespace: string
  readonly name: string
}

/** One template, and what becomes of what it gives. */
export interface PlannedTemplate {
  /** As people know it: `spec.target.template.data[url]`, `ConfigMap prod/web-templates[config.yaml]`. */
  readonly name: string
  /** The template, or where it is. */
  readonly text: string | { readonly object: TemplateObject; readonly key: string; readonly field: string }
  /** The part of the Secret that it gives to. */
  readonly part: 'data' | 'labels' | 'annotations'
  /** What all of it is written under; undefined where it gives lines of `key=value`. */
  readonly key: string | undefined
}

/** Everything that is made with templates. */
export interface PlannedTemplates {
  /** Where two give one key, the later one counts. */
  readonly templates: readonly PlannedTemplate[]
  /** Where templates are, each once. */
  readonly objects: readonly TemplateObject[]
  /** What was read stays beside what is rendered. */
  readonly keepsKeys: boolean
}

const FIELD = 'spec.target.template'
const PARTS = { Data: 'data', Labels: 'labels', Annotations: 'annotations' } as const

/** The templates of a spec in the order in which they count; undefined where there are none. Pure. */
export function planTemplates(spec: TemplateSpec, namespace: string): PlannedTemplates | undefined {
  const templates = [
    ...inline(spec.data, 'data', `${FIELD}.data`),
    ...spec.templateFrom.flatMap((entry, index) => from(entry, `${FIELD}.templateFrom[${index}]`, namespace)),
    ...inline(spec.metadata.labels, 'labels', `${FIELD}.metadata.labels`),
    ...inline(spec.metadata.annotations, 'annotations', `${FIELD}.metadata.annotations`),
  ]
  if (templates.length === 0) return undefined
  const objects = new Map<string, TemplateObject>()
  for (const { text } of templates) if (typeof text !== 'string') objects.set(objectId(text.object), text.object)
  return { templates, objects: [...objects.values()], keepsKeys: !replacesKeys(spec) }
}

/** Tells one object from another: `ConfigMap prod/web-templates`. */
export function objectId({ kind, namespace, name }: TemplateObject): string {
  return `${kind} ${namespace}/${name}`
}

function inline(
  map: Readonly<Record<string, string>>,
  part: PlannedTemplate['part'],
  field: string,
): PlannedTemplate[] {
  return Object.entries(map).map(([key, text]) => ({ name: `${field}[${key}]`, text, part, key }))
}

function from(
  { configMap, secret, literal, target }: TemplateFromEntry,
  field: string,
  namespace: string,
): PlannedTemplate[] {
  const part = PARTS[target]
  if (literal !== undefined) return [{ name: `${field}.literal`, text: literal, part, key: 'literal' }]
  const [kind, ref] = configMap === undefined ? (['Secret', secret] as const) : (['ConfigMap', configMap] as const)
  return (ref?.items ?? []).map(({ key, templateAs }, index) => ({
    name: `${kind} ${namespace}/${ref?.name}[${key}]`,
    text: {
      object: { kind, namespace, name: ref?.name ?? '' },
      key,
      field: `${field}.${kind === 'Secret' ? 'secret' : 'configMap'}.items[${index}].key`,
    },
    part,
    key: templateAs === 'Values' ? key : undefined,
  }))
}
